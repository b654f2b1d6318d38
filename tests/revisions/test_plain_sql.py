"""The same changes as plain SQL: it runs, squawk finds nothing, and it builds what the revisions build."""

from __future__ import annotations

import pytest

from advisor.catalog.index import IndexKey
from advisor.catalog.live.introspect import read_schema
from advisor.revisions.plain_sql import plain_sql_script
from advisor.verify.lint import lint
from tests.revisions.builders import definition, index_names, proposal

GIVEN = """
CREATE TABLE events (id bigint PRIMARY KEY, kind text, at date, note text);
CREATE INDEX ix_old ON events (kind);
CREATE TABLE "Big:1" (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE big_1 PARTITION OF "Big:1" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE big_rest PARTITION OF "Big:1" DEFAULT;
"""

PROPOSALS = [
    proposal(definition("events", "kind", "at", where="note <> ':x 50%'"), "replace", replaces=("ix_old",)),
    proposal(definition("events", IndexKey("lower(note)"))),
    proposal(definition("events", IndexKey.of("note", opclass="gin_trgm_ops"), method="gin"), requires=("pg_trgm",)),
    proposal(definition("Big:1", "id")),
]


@pytest.fixture
def script(connection):
    connection.execute(GIVEN)
    return plain_sql_script(PROPOSALS, read_schema(connection))


def test_psql_runs_it_and_the_indexes_stand(script, server, database, connection):
    done = server.run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", database, stdin=script)
    assert done.returncode == 0, done.stderr
    built = dict(index_names(connection, "events", '"Big:1"'))
    assert built == {one.name: True for one in PROPOSALS}
    again = server.run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", database, stdin=script)
    assert "already exists" in again.stderr


def test_squawk_finds_nothing(script):
    assert lint(script) == []
