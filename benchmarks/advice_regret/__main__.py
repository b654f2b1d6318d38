"""Regret of the advice: random systems, loaded and run for real, our indexes beside the best that a local search finds.

Each seed is one system of three to four tables and about forty statements, run on an embedded server that writes the
log and the counters our advice is made from. Then our indexes and the search's candidates are built, and every
statement is timed under every set that is tried (each plan once, the lowest of some passes, writes rolled back). Best
is what a search by single steps finds from our set and from a greedy one, by run times. Printed for advice from the log and from counters
alone: the share of the best set's gain, bytes against it, decoys (removal loses nothing), statements slower than
without any index by a tenth and 0.1 ms, and drops that slow a statement or a foreign key's check.

Run: `python -m benchmarks.advice_regret [--workloads 3] [--seed N] [--verbose]`. Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from advisor.catalog.index import IndexDefinition
from advisor.catalog.snapshot import Snapshot, take_snapshot
from advisor.indexes.advise_indexes import advise
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice
from advisor.pipeline.straight_line import analyse_workload
from advisor.twin.start import start_twin
from advisor.workload.collect import collect
from benchmarks.advice_regret.pool import candidates
from benchmarks.advice_regret.run import LOGGED, Bench, loaded_system
from benchmarks.advice_regret.statements import Statement
from benchmarks.advice_regret.system import Table
from benchmarks.advice_regret.truth import Built, Field, decoys, greedy, search

State = tuple[frozenset[str], frozenset[str]]
"""Our indexes that are shown, existing ones that are hidden."""
MODES = ("log", "counters")


def slower(before: float, after: float) -> bool:
    """Return whether a time is worse than another by more than a tenth and a tenth of a millisecond."""
    return after > before * 1.1 and after > before + 0.1


@dataclass(frozen=True)
class Regret:
    """How one set of advice compares with the best found."""

    gain: float
    size: float
    indexes: int
    decoys: tuple[str, ...]
    harmed: tuple[str, ...]
    drops: tuple[str, ...]


def advised(snapshot: Snapshot, log: Path, export: Path) -> tuple[dict[str, Advice], list[IndexDefinition]]:
    """Return the advice from the log and from the counters, and what else the search may choose from."""
    made = {}
    with start_twin(snapshot) as twin:
        for mode, path in zip(MODES, (log, export), strict=True):
            workload = collect(
                [str(path)], log_line_prefix=LOGGED["log_line_prefix"] if mode == "log" else None, jobs=1
            )
            analysed = analyse_workload(workload, twin)
            rest = analysed.workload, analysed.shapes, analysed.statements, twin.schema, twin.statistics, twin.what_if
            made[mode] = advise(*rest, AdviseOptions())
            if mode == "log":
                others = candidates(analysed, twin)
    return made, others


def quiet_month(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot as if its scans had been counted for a month."""
    end = datetime.fromisoformat(snapshot.statistics.captured or datetime.now(UTC).isoformat())
    counted = replace(snapshot.statistics, scans_since=(end - timedelta(30)).isoformat(), streaming=False)
    return replace(snapshot, statistics=counted)


EXTENSIONS = ("pg_trgm", "btree_gin", "btree_gist")
"""Those whose operator classes are proposed."""


def built(connection: psycopg.Connection, definitions: Sequence[IndexDefinition]) -> dict[IndexDefinition, Built]:
    """Build the indexes, with the extensions that our revisions would make, and return them with their bytes."""
    found = {}
    for extension in EXTENSIONS:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    for number, definition in enumerate(dict.fromkeys(definitions)):
        name = f"regret_{number}"
        try:
            connection.execute(definition.ddl(name).encode())
        except psycopg.Error as error:
            print(f"  not built: {definition.table} {definition.body}: {str(error).splitlines()[0]}")
            continue
        row = connection.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchone()
        found[definition] = Built(name, definition.table, row[0] if row else 0)
    connection.execute("ANALYZE")  # as the next autovacuum does: expressions get their statistics
    return found


def checks(tables: Sequence[Table], statements: Sequence[Statement]) -> list[Statement]:
    """Return the deletes that nobody ran in this hour, but that somebody will."""
    values = {table.name: one.values for table in tables for one in statements if table.name in one.text.split()}
    referenced = {parent for table in tables for _, parent in table.parents}
    return [
        Statement(f"DELETE FROM {name} WHERE id = %(id)s", values[name], 0, writes=True) for name in sorted(referenced)
    ]


def regret(
    field: Field, advice: Advice, ours: frozenset[str], best: frozenset[str], deletes: list[Statement]
) -> Regret:
    """Return how the advice does, drops included."""
    none, goal = field.total(frozenset()), field.total(best)
    gone = frozenset(p.name for p in advice.proposals if p.action == "drop")
    gone |= {name for p in advice.proposals for name in p.replaces}
    nothing: frozenset[str] = frozenset()
    reads = [one for one in field.statements if not one.writes]
    harmed = worse(field, reads, (nothing, nothing), (ours, nothing))
    wrong: list[str] = []
    checked = [*reads, *deletes]
    for name in sorted(gone):
        wrong += [f"{name}: {line}" for line in worse(field, checked, (ours, gone - {name}), (ours, gone))]
    share = (none - field.total(ours)) / (none - goal) if none > goal else 1.0
    size = field.size(ours) / max(field.size(best), 1)
    return Regret(share, size, len(ours), tuple(decoys(field, ours, slower)), tuple(harmed), tuple(wrong))


def worse(field: Field, statements: Sequence[Statement], before: State, after: State) -> list[str]:
    """Return the statements that are slower with the second set of indexes, those that seem so timed again in turn."""
    found = []
    for one in statements:
        if slower(field.bench.mean(one, *before), field.bench.mean(one, *after)):
            fast, slow = field.bench.in_turn(one, before, after)
            if slower(fast, slow):
                found.append(f"{fast:.2f} -> {slow:.2f} ms {one.text}")
    return found


def tried(seed: int, verbose: bool) -> dict[str, Regret]:
    """Return the regret on one random system, by mode."""
    began = time.monotonic()
    with loaded_system(seed) as system, system.server.connect("app") as connection:
        tables, statements = system.tables, system.statements
        snapshot = quiet_month(take_snapshot(system.server.url("app")))
        advice, others = advised(snapshot, system.log, system.export)
        wanted = {mode: [p.definition for p in one.proposals if p.action != "drop"] for mode, one in advice.items()}
        found = built(connection, [*(d for some in wanted.values() for d in some), *others])
        bench = Bench(connection, statements)
        bench.add([one.name for one in found.values()])
        of = {s.text: frozenset(t.name for t in tables if re.search(rf"\b{t.name}\b", s.text)) for s in statements}
        field = Field(bench, statements, of, {one.name: one for one in found.values()})
        ours = {mode: frozenset(found[d].name for d in some if d in found) for mode, some in wanted.items()}
        pool = sorted(one.name for one in found.values())
        best = search(field, [ours["log"], greedy(field, pool)], pool)
        made = {mode: regret(field, advice[mode], ours[mode], best, checks(tables, statements)) for mode in MODES}
        _show(seed, made, field, best, time.monotonic() - began)
        if verbose:
            _explain(made, field, ours, best, found, advice)
    return made


def _show(seed: int, made: dict[str, Regret], field: Field, best: frozenset[str], seconds: float) -> None:
    none, goal = field.total(frozenset()), field.total(best)
    print(
        f"seed {seed}: {len(field.statements)} statements {none:.0f} ms, best {goal:.0f} ms with {len(best)} indexes,"
        f" {field.size(best) / 1e6:.1f} MB, of {len(field.indexes)} built; {seconds:.0f} s"
    )
    for mode, one in made.items():
        print(
            f"  {mode:>8}: gain {one.gain:.1%}, bytes {one.size:.0%}, {one.indexes} indexes, {len(one.decoys)} decoys,"
            f" {len(one.harmed)} slower, {len(one.drops)} harmful drops",
            flush=True,
        )


def _explain(
    made: dict[str, Regret], field: Field, ours: dict[str, frozenset[str]], best: frozenset[str],
    found: dict[IndexDefinition, Built], advice: dict[str, Advice],
) -> None:  # fmt: skip
    text = {one.name: f"{definition.table} {definition.body}" for definition, one in found.items()}
    best_times, none = field.times(best), field.times(frozenset())
    for one in sorted(field.statements, key=lambda one: -one.calls * none[one.text]):
        print(f"    {one.calls:>4} x {none[one.text]:8.2f} -> {best_times[one.text]:8.2f} ms  {one.text}")
    for name in sorted(best, key=text.__getitem__):
        loses = field.total(best - {name}) - field.total(best)
        print(f"    best {field.indexes[name].size / 1e6:6.2f} MB, worth {loses:8.1f} ms  {text[name]}")
    for mode, names in ours.items():
        times = field.times(names)
        print(f"    {mode}:")
        for name in sorted(names, key=text.__getitem__):
            loses = field.total(names - {name}) - field.total(names)
            mark = "decoy" if name in made[mode].decoys else "     "
            also = "=" if name in best else " "
            print(f"    {also} {mark} {field.indexes[name].size / 1e6:6.2f} MB, worth {loses:8.1f} ms  {text[name]}")
        for p in advice[mode].proposals:
            if p.action == "drop" or p.replaces:
                print(f"      goes: {p.name if p.action == 'drop' else ', '.join(p.replaces)}: {p.reason}")
        for one in field.statements:
            if (late := one.calls * (times[one.text] - best_times[one.text])) > 0.005 * field.total(frozenset()):
                print(
                    f"      lost {late:8.1f} ms: {none[one.text]:.2f} -> {times[one.text]:.2f}, best {best_times[one.text]:.2f}: {one.text}"
                )
        print("".join(f"      harm {line}\n" for line in (*made[mode].harmed, *made[mode].drops)), end="")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workloads", type=int, default=3)
    parser.add_argument("--seed", type=int, help="of the first workload; by the clock when not given")
    parser.add_argument("--verbose", action="store_true", help="print each index and what it is worth")
    given = parser.parse_args()
    first = given.seed if given.seed is not None else int(time.time()) % 1_000_000
    every = [tried(seed, given.verbose) for seed in range(first, first + given.workloads)]
    met = True
    for mode, least in zip(MODES, (0.97, 0.92), strict=True):
        some = [one[mode] for one in every]
        gains, sizes = [one.gain for one in some], [one.size for one in some]
        useless, indexes = sum(len(one.decoys) for one in some), sum(one.indexes for one in some)
        harm, wrong = sum(len(one.harmed) for one in some), sum(len(one.drops) for one in some)
        print(
            f"{mode}: gain median {statistics.median(gains):.1%}, worst {min(gains):.1%}; bytes median {statistics.median(sizes):.0%};"
            f" {useless} decoys of {indexes} indexes; {harm} slower; {wrong} harmful drops"
        )
        met &= statistics.median(gains) >= least and harm == 0 and wrong == 0 and useless * 50 <= indexes
        met &= mode != "log" or (min(gains) >= 0.92 and statistics.median(sizes) <= 1.15)
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
