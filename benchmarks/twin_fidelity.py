"""How faithful the twin is: statements planned on a loaded server and on its row-less twin.

Run: `python -m benchmarks.twin_fidelity [--suite mixed tpch tpcds] [--major 18 …] [--seed N]` from the project's root.

- `mixed`: random statements (`--statements 300`) over a random schema with everything a planner looks at
  (`benchmarks/mixed`), each as the owner, as a role under policies and as one with BYPASSRLS. One line for each version
  and role; what differs is made as small as it goes and printed.
- `tpch`, `tpcds`: the suites' queries at `--scale`, one line for each query that is not exact.

Exit status 1 when a shape differs or a cost deviates by more than 0.01 %.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from tabulate import tabulate

from advisor.catalog.snapshot import take_snapshot
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.providers.local import installed
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused
from benchmarks import mixed, tpcds, tpch

TOLERANCE = 0.01
"""Percent of cost."""
VERSIONS = {18: embedded_binaries(), **{major: path for major, path in installed().items() if major < 18}}
"""Server binaries at hand, by major version."""
LOADING = {"max_wal_size": "8GB", "maintenance_work_mem": "512MB"}

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


def compare(
    server: Server, texts: Mapping[str, str], database: str = "postgres", provider: str = "auto"
) -> list[Comparison]:
    """Plan every text on the loaded server and on a twin of the same version."""
    with server.connect(database) as connection:
        real = [_real(connection, text) for text in texts.values()]
        connection.execute("CHECKPOINT")  # as every production server does every few minutes: metapages reach the disk
    with start_twin(take_snapshot(server.url(database)), provider) as twin:
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


Row = tuple[str, int, str, int, int, str, str]
HEAD = ("suite", "version", "role", "statements", "shapes equal", "worst cost deviation", "seed")


def suite(name: str, major: int, scale: float) -> list[Row]:
    """Load TPC-H or TPC-DS into a server of this version, compare, print what is not exact; return the summary."""
    load, queries = {
        "tpch": (tpch.load, lambda: {f"Q{number}": text for number, text in tpch.queries().items()}),
        "tpcds": (tpcds.load, tpcds.queries),
    }[name]
    with Server(VERSIONS[major], LOADING, room=8 << 30) as server:
        with server.connect() as connection:
            load(connection, scale)
        comparisons = compare(server, queries())
    inexact = [one for one in comparisons if not one.faithful]
    if inexact:
        print(table(inexact), end="\n\n", flush=True)
    worst = max(abs(one.deviation) for one in comparisons)
    equal = sum(one.same_shape for one in comparisons)
    return [(f"{name}, scale {scale:g}", major, "owner", len(comparisons), equal, f"{worst:.4f} %", "")]


def random_statements(major: int, seed: int, count: int) -> list[Row]:
    """Compare the mixture of this seed, print what is not exact; return the summary of each role."""
    with Server(VERSIONS[major], LOADING, room=4 << 30) as server:
        found = mixed.outcomes(server, seed, count)
    rows: list[Row] = []
    for role, what in mixed.ROLES.items():
        own = [one for one in found if one.role == role]
        for one in own:
            if not one.faithful:
                print(
                    f"{major} {role} seed {seed}: {one.deviation:+.4f} %: {one.statement.text} {one.statement.values or ''}",
                    flush=True,
                )
        worst = f"{max(abs(one.deviation) for one in own):.4f} %"
        rows.append(("mixed", major, what, len(own), sum(one.same_shape for one in own), worst, str(seed)))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--suite", nargs="*", choices=("mixed", "tpch", "tpcds"), default=["mixed", "tpch"])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--major", type=int, nargs="*", default=sorted(VERSIONS, reverse=True))
    parser.add_argument("--seed", type=int, default=None, help="of the mixture; a fresh one when not given")
    parser.add_argument("--statements", type=int, default=300)
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    rows: list[Row] = []
    for name in options.suite:
        for major in options.major:
            rows += (
                random_statements(major, seed, options.statements)
                if name == "mixed"
                else suite(name, major, options.scale)
            )
    print(tabulate(rows, HEAD))
    exact = all(row[3] == row[4] and float(row[5].removesuffix(" %")) <= TOLERANCE for row in rows)
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
