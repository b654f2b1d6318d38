"""How near synthetic rows come: their own ANALYZE beside the snapshot's, and plans on them beside the twin's.

Run: `python -m benchmarks.synthetic_rows [--suite boardroom … tpch] [--scale 0.1] [--rows N] [--seed N]` from the project's
root; `--speed 10000000` loads that many rows of TPC-H's lineitem instead and says how long it takes.

Each system is loaded on a server, its application (or TPC-H's queries) run; a snapshot is taken. From the snapshot alone
rows are made in another database (`advisor.verify.rows`), as many as there were unless `--rows` says less. Bars: at least
95 % of the statements have the same plan shape there as on the twin, and 10 million rows take 5 minutes at most.

A statistic is near when it differs by less than: NULL share 0.02, distinct values a factor of 2, width a quarter (or 2
bytes), correlation 0.2, common values 0.05 of all rows. Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from tabulate import tabulate

from advisor.catalog.snapshot import Snapshot, take_snapshot
from advisor.catalog.statistics import ColumnStatistics
from advisor.pipeline.straight_line import analyse_workload
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.servers.environment import connect
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from advisor.verify.rows.rows_database import RowsDatabase, rows_database
from advisor.workload.collect import collect
from benchmarks import tpch
from benchmarks.twin_fidelity import LOADING, shape
from tests.systems.observe import LOGGED, SYSTEMS, load_driver, seed

SUITES = ("agents", "boardroom", "elephant", "episodes", "toobix", "tpch")
REQUESTS = 300
BAR = 95.0
BAR_SECONDS = 300.0


@dataclass(frozen=True)
class Observed:
    """A system's snapshot, and where its statements are."""

    snapshot: Snapshot
    statements: Mapping[str, str] | None
    log: Path | None


def observe(name: str, folder: Path, scale: float) -> Observed:
    """Load a system on a server of its own, use it, and return its snapshot."""
    with Server(embedded_binaries(), LOADING, room=8 << 30) as server:
        if name == "tpch":
            with server.connect() as connection:
                tpch.load(connection, scale)
            texts = {f"Q{number}": text for number, text in tpch.queries().items()}
            return Observed(take_snapshot(server.url("postgres")), texts, None)
        with server.connect() as connection:
            connection.execute("CREATE DATABASE app")
        seed(server, "app", SYSTEMS / name)
        with server.connect("app") as connection:
            for setting, value in LOGGED.items():
                connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        begin = server.log.stat().st_size
        load_driver(SYSTEMS / name).run(server.url("app"), requests=REQUESTS, seed=1, connections=2)
        log = folder / f"{name}.log"
        log.write_bytes(server.log.read_bytes()[begin:])
        with server.connect("app") as connection:
            connection.execute("VACUUM ANALYZE")
        return Observed(take_snapshot(server.url("app")), None, log)


def statements_of(observed: Observed, twin: Twin) -> dict[str, list[BoundStatement]]:
    if observed.statements is not None:
        return {name: [BoundStatement(text, None, "logged")] for name, text in observed.statements.items()}
    analysed = analyse_workload(collect([str(observed.log)], log_line_prefix=LOGGED["log_line_prefix"]), twin)
    known = {key: [one for one in bounds if one.basis != "generic"] for key, bounds in analysed.statements.items()}
    return {key: bounds for key, bounds in sorted(known.items()) if bounds}


@dataclass(frozen=True)
class Outcome:
    """One system: plans that are equal, and statistics that are near."""

    name: str
    rows: int
    seconds: float
    queries: int
    equal: int
    different: tuple[str, ...]
    near: Mapping[str, tuple[int, int]]
    """By kind of statistic: near, and all."""
    notes: tuple[str, ...]

    @property
    def share(self) -> float:
        return 100 * self.equal / max(self.queries, 1)


def compare(name: str, observed: Observed, rows: int, seed: int, verbose: bool) -> Outcome:
    with start_twin(observed.snapshot) as twin:
        statements = statements_of(observed, twin)
        begin = time.monotonic()
        with rows_database(twin.superuser_url, twin.snapshot, twin.schema, twin.statistics, rows, seed) as made:
            seconds = time.monotonic() - begin
            there = take_snapshot(made.scratch.superuser)
            different = list(_different(twin, made, statements))
            near = _near(twin, there, verbose)
    return Outcome(
        name, sum(made.rows.values()), seconds, len(statements), len(statements) - len(different),
        tuple(different), near, made.notes,
    )  # fmt: skip


def _different(twin: Twin, made: RowsDatabase, statements: Mapping[str, Sequence[BoundStatement]]) -> Iterator[str]:
    """Yield a line for each query of which some statement is planned otherwise on the rows."""
    with connect(made.scratch.url, autocommit=True) as connection:
        for query, bounds in statements.items():
            asks = [Ask(replace(one, role=None)) for one in bounds]
            for bound, planned in zip(bounds, twin.what_if.plan(asks), strict=True):
                real = _planned(connection, bound)
                if isinstance(planned, PlanNode) and (real is None or shape(real) != shape(planned)):
                    yield f"{query[:12]}: {_line(planned)}  ≠  {_line(real) if real else 'refused'}  | {' '.join(bound.text.split())[:150]} {bound.parameters or ''}"
                    break


def _planned(connection: psycopg.Connection[Any], bound: BoundStatement) -> PlanNode | None:
    try:
        with psycopg.RawCursor(connection) as cursor:
            cursor.execute(b"EXPLAIN (FORMAT JSON) " + bound.text.encode(), bound.parameters or None)
            row = cursor.fetchone()
    except psycopg.Error as error:
        print(f"  refused: {error}", file=sys.stderr)
        return None
    return plan_node(row[0][0]["Plan"]) if row else None


def _line(plan: PlanNode) -> str:
    return " > ".join(
        f"{one.node_type}{f'({one.index or one.relation})' if one.relation or one.index else ''}[{one.rows:g}]"
        for one in plan.walk()
    )


KINDS = ("null share", "distinct", "width", "correlation", "common", "rows")


def _near(twin: Twin, there: Snapshot, verbose: bool) -> dict[str, tuple[int, int]]:
    good: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for key, mine in sorted(twin.statistics.columns.items()):
        other = there.statistics.columns.get(key)
        if other is None or key[:2] not in twin.schema.tables:
            continue
        rows = twin.statistics.rows(*key[:2]), there.statistics.rows(*key[:2])
        for kind, near, what in _judged(mine, other, rows):
            every[kind] += 1
            good[kind] += near
            if not near and verbose:
                print(f"  {'.'.join(key)}: {kind} {what}")
    for key in sorted(twin.schema.tables):
        if twin.statistics.rows(*key) > 0 and key in there.statistics.relations:
            every["rows"] += 1
            good["rows"] += abs(there.statistics.rows(*key) / twin.statistics.rows(*key) - 1) < 0.02
    return {kind: (good[kind], every[kind]) for kind in KINDS}


def _judged(
    mine: ColumnStatistics, other: ColumnStatistics, rows: tuple[float, float]
) -> Iterator[tuple[str, bool, str]]:
    yield "null share", abs(mine.null_frac - other.null_frac) < 0.02, f"{mine.null_frac:.3f} {other.null_frac:.3f}"
    share = [one.distinct(count) for one, count in zip((mine, other), rows, strict=True)]
    yield "distinct", 0.5 <= (share[1] or 1) / (share[0] or 1) <= 2, f"{share[0]:.0f} {share[1]:.0f}"
    yield (
        "width",
        abs(mine.avg_width - other.avg_width) <= max(2, mine.avg_width / 4),
        f"{mine.avg_width} {other.avg_width}",
    )
    if mine.correlation is not None and other.correlation is not None:
        yield (
            "correlation",
            abs(mine.correlation - other.correlation) < 0.2,
            f"{mine.correlation:.2f} {other.correlation:.2f}",
        )
    if mine.most_common_vals:
        sides = [
            dict(zip(one.most_common_vals or (), one.most_common_freqs or (), strict=False)) for one in (mine, other)
        ]
        gap = sum(abs(sides[0].get(value, 0) - sides[1].get(value, 0)) for value in {*sides[0], *sides[1]}) / 2
        yield "common", gap < 0.05, f"{gap:.3f} apart"


def speed(rows: int, seed: int) -> int:
    """Load so many rows of TPC-H in all, from a snapshot of scale 0.1 whose counts are multiplied."""
    with tempfile.TemporaryDirectory(prefix="synthetic-") as folder:
        observed = observe("tpch", Path(folder), 0.1)
    snapshot = observed.snapshot
    factor = rows / sum(
        one.rows
        for key, one in snapshot.statistics.relations.items()
        if one.table is None and one.rows > 0 and key[1] in tpch.TABLES
    )
    relations = {key: replace(one, rows=one.rows * factor, pages=round(one.pages * factor)) if one.rows > 1000 else one
                 for key, one in snapshot.statistics.relations.items()}  # fmt: skip
    snapshot = replace(snapshot, statistics=replace(snapshot.statistics, relations=relations))
    with start_twin(snapshot) as twin:
        begin = time.monotonic()
        with rows_database(twin.superuser_url, snapshot, twin.schema, twin.statistics, 1 << 40, seed) as made:
            seconds = time.monotonic() - begin
    total = sum(made.rows.values())
    for note in made.notes:
        print(f"note: {note}")
    print(
        f"{total:,} rows in {seconds:.0f} s: made, copied, indexes built, vacuumed and analysed (bar: {BAR_SECONDS:.0f} s for 10,000,000)"
    )
    return 0 if seconds * 1e7 / total <= BAR_SECONDS else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--suite", nargs="*", choices=SUITES, default=list(SUITES))
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--rows", type=int, default=1 << 40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=int, metavar="ROWS")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every statistic that is not near")
    options = parser.parse_args()
    if options.speed:
        return speed(options.speed, options.seed)
    outcomes = []
    for name in options.suite:
        with tempfile.TemporaryDirectory(prefix="synthetic-") as folder:
            outcome = compare(
                name, observe(name, Path(folder), options.scale), options.rows, options.seed, options.verbose
            )
        outcomes.append(outcome)
        for line in outcome.different:
            print(f"  {name} {line}")
        for note in outcome.notes:
            print(f"  {name} note: {note}")
    table = [
        (one.name, f"{one.rows:,}", f"{one.seconds:.1f}", one.queries, one.equal, f"{one.share:.1f} %",
         *(f"{good} of {every}" for good, every in one.near.values()))
        for one in outcomes
    ]  # fmt: skip
    print(f"seed {options.seed}")
    print(tabulate(table, ("system", "rows", "seconds", "queries", "same plan", "share", *KINDS)))
    equal, every = sum(one.equal for one in outcomes), sum(one.queries for one in outcomes)
    print(f"same plan: {equal} of {every} ({100 * equal / max(every, 1):.1f} %, bar {BAR:g} %)")
    return 0 if 100 * equal >= BAR * every else 1


if __name__ == "__main__":
    sys.exit(main())
