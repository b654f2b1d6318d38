"""With the printed line in the model `alembic check` is clean, whatever expression a key is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.catalog.snapshot import take_snapshot
from advisor.indexes.index_options import AdviseOptions
from advisor.pipeline.straight_line import advised, analyse_workload
from advisor.revisions.model_line import model_snippet
from advisor.twin.servers.server import Server
from advisor.twin.start import Twin, start_twin
from advisor.verify.model_comparison import differences, reflect_without
from advisor.workload.model import Query, Workload
from tests.indexes.small import make
from tests.revisions.builders import definition

FILE = tomllib.loads((Path(__file__).parent / "printed_keys.toml").read_text())
ROWS = """
INSERT INTO item SELECT i, 'Name ' || i, 'x', i, 1 + i % 7, i, jsonb_build_object('qty', i), '2024-01-01', now(), true
FROM generate_series(1, 20000) AS i
"""
QUERIES = [
    "SELECT id, num::numeric / denom::numeric AS ratio FROM item WHERE denom > 0 ORDER BY ratio DESC LIMIT 20",
    "SELECT id FROM item WHERE lower(s) = $1",
]


@pytest.fixture
def twin(connection: psycopg.Connection[Any], server: Server, database: str) -> Iterator[Twin]:
    make(connection, FILE["table"] + ";" + ROWS)
    with start_twin(take_snapshot(server.url(database))) as twin:
        yield twin


def compared(url: str, connection: psycopg.Connection[Any], wanted: IndexDefinition, printed: tuple[str, ...]) -> Any:
    """Return what Alembic would do to the index that was built, once the model holds our line."""
    model = reflect_without(url, wanted)
    connection.execute(wanted.ddl("ix_tried").encode())
    try:
        return differences(url, model, model_snippet("ix_tried", wanted, printed), wanted, "ix_tried")
    finally:
        connection.execute("DROP INDEX ix_tried")


def test_every_kind_of_expression(
    twin: Twin, connection: psycopg.Connection[Any], server: Server, database: str
) -> None:
    url, size = server.url(database), IndexSize(20_000, 60, 1)
    noisy = {}
    for case in FILE["case"]:
        for descending in (False, True):
            wanted = definition("item", IndexKey(case["key"], descending=descending))
            twin.what_if.build({wanted: size})
            if found := compared(url, connection, wanted, twin.what_if.printed_keys(wanted)):
                noisy[case["name"], descending] = found
    assert not noisy


def test_advice_and_its_report_hold_them(
    twin: Twin, connection: psycopg.Connection[Any], server: Server, database: str
) -> None:
    queries = tuple(Query(f"q{n}", None, text, 1000, 20_000, 20) for n, text in enumerate(QUERIES))
    advice = advised(analyse_workload(Workload(queries), twin), twin, AdviseOptions())
    assert len(advice.proposals) == 2
    for proposal in advice.proposals:
        assert not compared(server.url(database), connection, proposal.definition, proposal.printed_keys)


def test_without_the_servers_text_no_parenthesis_is_doubled() -> None:
    assert '"lower(s) DESC"' in model_snippet("ix", definition("item", IndexKey("(lower(s))", descending=True)))
    assert '"(lower(s) || upper(t))"' in model_snippet("ix", definition("item", IndexKey("(lower(s) || upper(t))")))
