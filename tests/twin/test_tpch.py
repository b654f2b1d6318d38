"""Fidelity on TPC-H: the twin of a loaded server plans its 22 queries as the loaded server does."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from advisor.catalog.snapshot import take_snapshot
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.providers.local import installed
from advisor.twin.server import Server, embedded_binaries
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from benchmarks import tpch


def shape(node: PlanNode) -> tuple[object, ...]:
    return node.node_type, node.relation, node.index, tuple(shape(child) for child in node.children)


def real_plan(connection: psycopg.Connection, text: str) -> PlanNode:
    row = connection.execute(b"EXPLAIN (FORMAT JSON) " + text.encode()).fetchone()
    assert row is not None
    return plan_node(row[0][0]["Plan"])


VERSIONS = {18: embedded_binaries(), **{major: path for major, path in installed().items() if major < 18}}


@pytest.fixture(params=sorted(VERSIONS))
def loaded(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(VERSIONS[request.param]) as server:
        with server.connect() as connection:
            tpch.load(connection, 0.01)
        yield server


def test_the_twin_plans_tpch_as_the_loaded_server_does(loaded: Server) -> None:
    texts = tpch.queries()
    with start_twin(take_snapshot(loaded.url())) as twin, loaded.connect() as connection:
        asks = [Ask(BoundStatement(text, None, "logged")) for text in texts.values()]
        for (number, text), planned in zip(texts.items(), twin.what_if.plan(asks), strict=True):
            real = real_plan(connection, text)
            assert isinstance(planned, PlanNode), f"query {number}: {planned}"
            assert shape(planned) == shape(real), f"query {number}"
            assert planned.total_cost == pytest.approx(real.total_cost, rel=0.001), f"query {number}"
