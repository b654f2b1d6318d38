"""Does our price order plans as their run times do? Asked of real plans on loaded systems, beside the planner's cost.

A system and its workload are drawn as `benchmarks.advice_regret` draws them; what we propose and what its search may
choose from is built. Every read is planned and run with no index of ours, with each alone, and with all. Each distinct
plan has a cost, an estimated time (`advisor/indexes/costing/pricing.py`) and a run time, the lowest of some passes. A
pair is two plans of one statement whose run times differ by a tenth and 0.05 ms; it is ordered rightly where the price
says so too. `chosen` are the pairs of the plan that the planner picks with all indexes and another.

Run: `python -m benchmarks.order_of_truth [--workloads 1] [--seed N] [--verbose]`. It has no bar: it is what the
constants of the time model are to be fitted by.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import psycopg

from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.catalog.snapshot import take_snapshot
from advisor.indexes.advise_indexes import advise
from advisor.indexes.costing.heaps import Heaps
from advisor.indexes.costing.pricing import estimated_time
from advisor.indexes.index_options import AdviseOptions
from advisor.pipeline.straight_line import analyse_workload
from advisor.twin.plan import plan_node
from advisor.twin.start import start_twin
from advisor.workload.collect import collect
from benchmarks.advice_regret.__main__ import built
from benchmarks.advice_regret.pool import candidates
from benchmarks.advice_regret.run import LOGGED, Bench, loaded_system
from benchmarks.advice_regret.statements import Statement
from benchmarks.advice_regret.truth import Built

APART, APART_MS = 1.1, 0.05
"""By how much two run times must differ to be a pair."""


@dataclass(frozen=True)
class Point:
    """One plan of one statement."""

    text: str
    cost: float
    estimated: float
    ms: float
    chosen: bool


def points(bench: Bench, heaps: Heaps, one: Statement, tables: Mapping[str, str]) -> list[Point]:
    """Return the distinct plans of a read under no index, each alone, and all of them; `tables` holds each one's."""
    mine = frozenset(name for name, table in tables.items() if re.search(rf"\b{table}\b", one.text))
    sets = [mine, frozenset[str](), *(frozenset({name}) for name in sorted(mine))]
    found: dict[tuple[float, float], Point] = {}
    for number, names in enumerate(sets):
        bench.show(names)
        explain = f"EXPLAIN (FORMAT JSON) {one.text}".encode()
        row = bench.connection.execute(explain, one.values[0]).fetchone()
        assert row
        plan = plan_node(row[0][0]["Plan"])
        key = plan.startup_cost, plan.total_cost
        if key not in found:
            price = estimated_time(plan, heaps)
            found[key] = Point(one.text, plan.total_cost, price, bench.read(one, 0), number == 0)
    return list(found.values())


def pairs(some: list[Point]) -> Iterator[tuple[Point, Point]]:
    """Yield the pairs of plans, the really faster first."""
    ordered = sorted(some, key=lambda point: point.ms)
    for place, fast in enumerate(ordered):
        for slow in ordered[place + 1 :]:
            if slow.ms > fast.ms * APART and slow.ms > fast.ms + APART_MS:
                yield fast, slow


def tried(seed: int) -> list[Point]:
    """Return the plans of one random system."""
    with loaded_system(seed) as system, system.server.connect("app") as connection:
        workload = collect([str(system.log)], log_line_prefix=LOGGED["log_line_prefix"], jobs=1)
        with start_twin(take_snapshot(system.server.url("app"))) as twin:
            analysed = analyse_workload(workload, twin)
            rest = analysed.statements, twin.schema, twin.statistics, twin.what_if, AdviseOptions()
            advice = advise(analysed.workload, analysed.shapes, *rest)
            others = candidates(analysed, twin)
        ours = [one.definition for one in advice.proposals if one.action != "drop"]
        return _measured(connection, system.statements, built(connection, [*ours, *others]).values())


def _measured(
    connection: psycopg.Connection, statements: tuple[Statement, ...], indexes: Iterable[Built]
) -> list[Point]:
    heaps = Heaps(read_schema(connection), read_statistics(connection))
    bench = Bench(connection, statements)
    tables = {one.name: one.table for one in indexes}
    bench.add(tables)
    found = []
    for one in (one for one in statements if not one.writes):
        found += points(bench, heaps, one, tables)
        print(f"  {len(found)} plans", file=sys.stderr, flush=True)
    return found


def shares(every: list[list[Point]], *, chosen: bool) -> tuple[int, float, float]:
    """Return how many pairs there are, and the shares that our estimated time and the planner's cost order rightly."""
    found = []
    for some in every:
        for text in dict.fromkeys(point.text for point in some):
            mine = [point for point in some if point.text == text]
            found += [(a, b) for a, b in pairs(mine) if not chosen or a.chosen or b.chosen]
    count = max(len(found), 1)
    ours = sum(fast.estimated < slow.estimated for fast, slow in found) / count
    return len(found), ours, sum(fast.cost < slow.cost for fast, slow in found) / count


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workloads", type=int, default=1)
    parser.add_argument("--seed", type=int, help="of the first workload; by the clock when not given")
    parser.add_argument("--verbose", action="store_true", help="print each pair that our price orders wrongly")
    given = parser.parse_args()
    first = given.seed if given.seed is not None else int(time.time()) % 1_000_000
    every = []
    for seed in range(first, first + given.workloads):
        began = time.monotonic()
        every.append(tried(seed))
        print(f"seed {seed}: {len(every[-1])} plans; {time.monotonic() - began:.0f} s", flush=True)
        wrong = [
            pair for text in {p.text for p in every[-1]} for pair in pairs([p for p in every[-1] if p.text == text])
        ]
        for fast, slow in wrong if given.verbose else ():
            if fast.estimated >= slow.estimated:
                print(
                    f"  {fast.ms:.2f} ms at {fast.estimated:.0f}, {slow.ms:.2f} ms at {slow.estimated:.0f}: {fast.text}"
                )
    for name, chosen in (("all pairs", False), ("chosen", True)):
        count, ours, planner = shares(every, chosen=chosen)
        print(f"{name}: {count}; ordered rightly by our estimated time {ours:.1%}, by the planner's cost {planner:.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
