"""Whatever an index definition says, the written revision builds exactly that: a property, tried on a real server."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from advisor.catalog.index import IndexDefinition, IndexKey, quote_identifier
from advisor.revisions.write import write_revisions
from advisor.verify.running.upgrade import History
from advisor.verify.structure import expected_facts, index_facts
from tests.revisions.builders import environment, proposal

TEXT = ["kind", 'B "q"', "c:d", "e%s"]
NUMBERS = ["n", "Größe"]
TABLE = 'odd:table "%"'
PREDICATES = st.lists(
    st.tuples(st.sampled_from(TEXT), st.text(alphabet="ab:%'\\ü", max_size=6)), min_size=1, max_size=2
).map(lambda pairs: " AND ".join(f"{quote_identifier(name)} <> {literal(value)}" for name, value in pairs))


def literal(text):
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


orders = st.tuples(st.booleans(), st.sampled_from([None, True, False]))
columns = st.builds(
    lambda name, order, opclass, collation: IndexKey(quote_identifier(name), name, opclass, collation, *order),
    st.sampled_from(TEXT), orders, st.sampled_from([None, "text_pattern_ops"]), st.sampled_from([None, '"C"']),
)  # fmt: skip
numbers = st.builds(
    lambda name, order: IndexKey(quote_identifier(name), name, None, None, *order), st.sampled_from(NUMBERS), orders
)
expressions = st.builds(
    lambda name, suffix, order: IndexKey(f"(lower({quote_identifier(name)}) || {literal(suffix)})", None, None, None, *order),
    st.sampled_from(TEXT), st.text(alphabet="a:%b'\\", max_size=4), orders,
)  # fmt: skip
definitions = st.builds(
    IndexDefinition,
    schema=st.just("public"),
    table=st.just(TABLE),
    keys=st.lists(columns | numbers | expressions, min_size=1, max_size=3, unique_by=lambda key: key.sql).map(tuple),
    include=st.lists(st.sampled_from([*TEXT, *NUMBERS]), unique=True, max_size=2).map(tuple),
    where=st.none() | PREDICATES,
    unique=st.booleans(),
    storage=st.sampled_from([(), (("fillfactor", "70"),)]),
)


@pytest.fixture
def table(connection):
    listed = ", ".join(
        [
            *(f"{quote_identifier(name)} text" for name in TEXT),
            *(f"{quote_identifier(name)} integer" for name in NUMBERS),
        ]
    )
    connection.execute(f"CREATE TABLE {quote_identifier(TABLE)} ({listed})".encode())
    return connection


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=definitions)
def test_what_is_built_is_what_was_proposed(wanted, table, server, database):
    try:
        expected = expected_facts(table, wanted)
    except psycopg.Error:
        assume(False)
    with tempfile.TemporaryDirectory() as folder:
        ini = environment(Path(folder))
        write_revisions([proposal(wanted)], ini)
        history, url = History.open(ini), server.url(database)
        history.stamp(url, ())
        history.upgrade(url)
        try:
            assert index_facts(table, "public", wanted.name) == expected
        finally:
            history.downgrade(url, "base")
    assert index_facts(table, "public", wanted.name) is None
