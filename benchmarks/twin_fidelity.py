"""How faithful the twin is: every TPC-H query planned on a loaded server and on its row-less twin.

Run: `python -m benchmarks.twin_fidelity [--scale 1] [--major 18 …]` from the project's root. Prints one line per query
and version (cost on the server, cost on the twin, deviation, same shape or not), what the twin took to start and to
plan; exit status 1 when a shape differs or a cost deviates by more than 0.1 %.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from tabulate import tabulate

from advisor.catalog.snapshot import take_snapshot
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.providers.local import installed
from advisor.twin.server import Server, embedded_binaries
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused
from benchmarks import tpch

TOLERANCE = 0.1
"""Percent of cost."""
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
        return self.same_shape and abs(self.deviation) <= TOLERANCE


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


def unfaithful(comparisons: Sequence[Comparison]) -> list[str]:
    """Return a line for each query that the twin plans differently."""
    return [
        f"{one.deviation:+.3f} % {one.same_shape} {one.name} {one.twin if isinstance(one.twin, Refused) else ''}"
        for one in comparisons
        if not one.faithful
    ]


def table(comparisons: Sequence[Comparison]) -> str:
    rows = [
        (
            one.name,
            one.real.total_cost,
            one.twin.total_cost if isinstance(one.twin, PlanNode) else one.twin.reason,
            f"{one.deviation:.4f} %",
            "same" if one.same_shape else "DIFFERENT",
        )
        for one in comparisons
    ]
    return tabulate(rows, ("query", "server", "twin", "deviation", "shape"), floatfmt=".2f")


def measure(major: int, scale: float) -> list[Comparison]:
    """Load TPC-H into a server of this version, compare, and print the table."""
    with Server(VERSIONS[major], {"max_wal_size": "8GB", "maintenance_work_mem": "512MB"}, room=8 << 30) as server:
        with server.connect() as connection:
            tpch.load(connection, scale)
        begin = time.perf_counter()
        comparisons = compare(server, {f"Q{number}": text for number, text in tpch.queries().items()})
        took = time.perf_counter() - begin
    print(f"PostgreSQL {major}, scale factor {scale:g}: snapshot, twin and 44 plans in {took:.1f} s")
    print(table(comparisons), end="\n\n")
    return comparisons


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--major", type=int, nargs="*", default=sorted(VERSIONS, reverse=True))
    options = parser.parse_args()
    found = [one for major in options.major for one in measure(major, options.scale)]
    worst = max(abs(one.deviation) for one in found)
    print(f"{sum(one.same_shape for one in found)} of {len(found)} shapes the same; largest deviation {worst:.4f} %")
    return 0 if all(one.faithful for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
