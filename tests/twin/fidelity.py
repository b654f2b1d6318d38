"""Compares a loaded server's plans with its twin's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from advisor.catalog.snapshot import take_snapshot
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.providers.local import installed
from advisor.twin.server import Server, embedded_binaries
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused

VERSIONS = {18: embedded_binaries(), **{major: path for major, path in installed().items() if major < 18}}
"""Server binaries at hand, by major version."""

Shape = tuple[str, str | None, str | None, tuple["Shape", ...]]


@dataclass(frozen=True)
class Comparison:
    """One query planned on both."""

    name: str
    real: PlanNode
    twin: PlanNode | Refused

    @property
    def same_shape(self) -> bool:
        return isinstance(self.twin, PlanNode) and shape(self.twin) == shape(self.real)

    @property
    def deviation(self) -> float:
        """Cost deviation in percent."""
        if isinstance(self.twin, Refused):
            return float("inf")
        if self.twin.total_cost == self.real.total_cost:
            return 0.0
        return 100 * (self.twin.total_cost / self.real.total_cost - 1) if self.real.total_cost else float("inf")

    @property
    def faithful(self) -> bool:
        return self.same_shape and abs(self.deviation) <= 0.1


def shape(node: PlanNode) -> Shape:
    return node.node_type, node.relation, node.index, tuple(shape(child) for child in node.children)


def compare(server: Server, texts: Mapping[str, str], database: str = "postgres") -> list[Comparison]:
    """Plan every text on the loaded server and on a twin of the same version."""
    with server.connect(database) as connection:
        real = [_real(connection, text) for text in texts.values()]
        connection.execute("CHECKPOINT")  # as every production server does every few minutes: metapages reach the disk
    with start_twin(take_snapshot(server.url(database))) as twin:
        assert not twin.notes, twin.notes
        answers = twin.what_if.plan([Ask(BoundStatement(text, None, "logged")) for text in texts.values()])
    return [Comparison(*triple) for triple in zip(texts, real, answers, strict=True)]


def _real(connection: psycopg.Connection, text: str) -> PlanNode:
    row = connection.execute(b"EXPLAIN (FORMAT JSON) " + text.encode()).fetchone()
    assert row is not None
    return plan_node(row[0][0]["Plan"])


def unfaithful(comparisons: list[Comparison]) -> list[str]:
    """Return a line for each query that the twin plans differently."""
    return [
        f"{c.deviation:+.3f} % {c.same_shape} {c.name} {c.twin if isinstance(c.twin, Refused) else ''}"
        for c in comparisons
        if not c.faithful
    ]
