"""Cost of growth: advice for 100, 1 000 and 10 000 distinct queries over 100 and 1 000 tables, all generated from a seed.

Everything is timed that a user waits for once the workload is read: the twin's start, analysis, binding, costing and
selection. Memory is the peak of this process plus what the twin's backends hold.
Run: `python -m benchmarks.scale [--queries 100,1000,10000]`. Exit status 1 when 10 000 queries take more than 60 s or 1.5 GB.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import Activity, ColumnStatistics, RelationStatistics, Statistics
from advisor.indexes.advise_indexes import advise
from advisor.indexes.index_options import AdviseOptions
from advisor.pipeline.straight_line import analyse_workload
from advisor.twin.start import start_twin
from advisor.workload.model import Query, Workload

SECONDS, BYTES = 60.0, 1.5e9
COLUMNS = {
    "id": "bigint", "owner_id": "bigint", "account_id": "bigint", "status": "text", "kind": "smallint", "flag": "boolean",
    "amount": "numeric(12,2)", "title": "text", "created_at": "timestamptz", "updated_at": "timestamptz",
}  # fmt: skip


def column_statistics(name: str, rows: int, chance: random.Random) -> ColumnStatistics:
    match name:
        case "id":
            bounds = tuple(str(1 + rows * step // 50) for step in range(51))
            return ColumnStatistics(0.0, 8, -1.0, histogram_bounds=bounds, correlation=1.0)
        case "owner_id" | "account_id":
            distinct = chance.choice([rows // 20, rows // 200]) + 2
            bounds = tuple(str(1 + distinct * step // 50) for step in range(51))
            return ColumnStatistics(0.0, 8, float(distinct), histogram_bounds=bounds, correlation=0.1)
        case "status":
            values, shares = ("done", "open", "failed", "new"), (0.9, 0.07, 0.02, 0.01)
            return ColumnStatistics(0.0, 6, 4.0, values, shares, correlation=0.8)
        case "kind":
            return ColumnStatistics(0.0, 2, 8.0, tuple("12345678"), (0.125,) * 8, correlation=0.2)
        case "flag":
            return ColumnStatistics(0.0, 1, 2.0, ("f", "t"), (0.97, 0.03), correlation=0.9)
        case "amount":
            return ColumnStatistics(
                0.0, 6, -0.4, histogram_bounds=tuple(f"{step}.50" for step in range(51)), correlation=0.0
            )
        case "title":
            return ColumnStatistics(
                0.0, 24, -0.9, histogram_bounds=tuple(f"title {step:02}" for step in range(51)), correlation=0.0
            )
    days = tuple(f"2024-{1 + step // 28 % 12:02}-{1 + step % 28:02} 00:00:00+00" for step in range(0, 336, 7))
    return ColumnStatistics(0.0, 8, -0.95, histogram_bounds=days, correlation=0.98 if name == "created_at" else 0.1)


def snapshot(tables: int, chance: random.Random) -> Snapshot:
    """Return a made-up database of so many tables with up to two million rows each."""
    ddl, relations, columns, activity = [], {}, {}, {}
    for number in range(tables):
        name = f"t{number:04}"
        body = ", ".join(f"{column} {kind} NOT NULL" for column, kind in COLUMNS.items())
        ddl.append(f"CREATE TABLE public.{name} ({body}, CONSTRAINT {name}_pkey PRIMARY KEY (id));")
        rows = int(10 ** chance.uniform(4, 6.3))
        relations["public", name] = RelationStatistics(float(rows), rows // 80 + 1, rows // 82)
        relations["public", f"{name}_pkey"] = RelationStatistics(
            float(rows), rows // 365 + 2, height=1 if rows < 100_000 else 2
        )
        activity["public", name] = Activity(
            inserts=rows // 10, updates=rows // 20, hot_updates=rows // 40, live_rows=rows
        )
        for column in COLUMNS:
            columns["public", name, column] = column_statistics(column, rows, chance)
    statistics = Statistics(
        relations=relations,
        columns=columns,
        activity=activity,
        since="2024-01-01T00:00:00+00:00",
        captured="2024-01-08T00:00:00+00:00",
    )
    return Snapshot("\n".join(ddl), statistics, {}, 180000)


def text_of(table: str, other: str, form: int, chance: random.Random) -> str:
    """Return one of twenty statement forms; the comment-free text differs by table and chosen columns."""
    one, two = chance.sample(["owner_id", "account_id", "status", "kind", "flag", "amount", "title"], 2)
    value = {"status": "'open'", "flag": "true", "title": "'title 07'"}
    eq = f"{one} = {value.get(one, '17')}"
    eq2 = f"{eq} AND {two} = {value.get(two, '5')}"
    forms = [
        f"SELECT * FROM {table} WHERE {eq}",
        f"SELECT id FROM {table} WHERE {eq2}",
        f"SELECT * FROM {table} WHERE {eq} AND created_at > '2024-06-01'",
        f"SELECT * FROM {table} WHERE {eq} ORDER BY created_at DESC LIMIT 20",
        f"SELECT * FROM {table} WHERE {eq2} ORDER BY updated_at LIMIT 10",
        f"SELECT * FROM {table} WHERE id = 7",
        f"SELECT count(*) FROM {table} WHERE {eq} AND updated_at >= '2024-11-01'",
        f"SELECT {one}, sum(amount) FROM {table} WHERE created_at > '2024-12-01' GROUP BY {one}",
        f"SELECT a.title FROM {table} a JOIN {other} b ON b.owner_id = a.id WHERE a.{eq}",
        f"SELECT b.* FROM {table} a JOIN {other} b ON b.account_id = a.account_id WHERE a.id = 99",
        f"SELECT * FROM {table} WHERE lower(title) = 'title 07'",
        f"SELECT * FROM {table} WHERE title LIKE 'title 1%' AND {eq}",
        f"SELECT * FROM {table} WHERE {one} IN ({value.get(one, '1, 2')}) ORDER BY created_at LIMIT 5",
        f"UPDATE {table} SET updated_at = now(), title = 'x' WHERE {eq2}",
        f"UPDATE {table} SET status = 'done' WHERE id = 3",
        f"DELETE FROM {table} WHERE created_at < '2024-01-09'",
        f"SELECT max(created_at) FROM {table} WHERE {eq}",
        f"SELECT DISTINCT {one} FROM {table} WHERE {two} = {value.get(two, '5')}",
        f"SELECT * FROM {table} ORDER BY updated_at DESC LIMIT 50",
        f"SELECT a.id FROM {table} a WHERE EXISTS (SELECT 1 FROM {other} b WHERE b.owner_id = a.owner_id AND b.{eq})",
    ]
    return forms[form % len(forms)]


def workload(count: int, tables: int, chance: random.Random) -> Workload:
    texts: dict[str, None] = {}
    while len(texts) < count:
        table, other = f"t{chance.randrange(tables):04}", f"t{chance.randrange(tables):04}"
        texts.setdefault(text_of(table, other, len(texts) + chance.randrange(20), chance))
    queries = []
    for number, text in enumerate(texts):
        calls = float(int(10 ** chance.uniform(1, 5)))
        mean = 10 ** chance.uniform(-1, 3)
        queries.append(Query(f"q{number:05}", None, text, calls, calls * mean, mean))
    queries.sort(key=lambda query: (-query.total_ms, query.id))
    return Workload(tuple(queries), begin=0.0, end=86_400.0 * 7)


def private_memory(pid: int) -> int:
    """Return the private resident bytes of a server process (its shared buffers are counted nowhere)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return 0


def measure(count: int) -> tuple[float, float]:
    """Advise on so many queries; print what it took; return seconds and bytes."""
    chance = random.Random(count)
    tables = min(max(count // 10, 20), 1000)
    made, asked = snapshot(tables, chance), workload(count, tables, chance)
    begin = time.perf_counter()
    with start_twin(made) as twin:
        started = time.perf_counter()
        analysed = analyse_workload(asked, twin)
        bound = time.perf_counter()
        advice = advise(
            analysed.workload,
            analysed.shapes,
            analysed.statements,
            twin.schema,
            twin.statistics,
            twin.what_if,
            AdviseOptions(),
        )
        end = time.perf_counter()
        server = sum(
            private_memory(pid)
            for (pid,) in twin.connect().execute("SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL")
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + server
    print(
        f"{count:>6} queries, {tables:>4} tables: {end - begin:6.1f} s (twin {started - begin:.1f}, analysis and binding"
        f" {bound - started:.1f}, advice {end - bound:.1f}), {peak / 1e6:.0f} MB, {len(advice.proposals)} proposals,"
        f" {len(analysed.unanalysed)} not analysed"
    )
    return end - begin, peak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", default="100,1000,10000")
    parser.add_argument("--one", type=int, help="measure this number in this process")
    given = parser.parse_args()
    if given.one:
        seconds, peak = measure(given.one)
        return int(given.one == 10_000 and (seconds > SECONDS or peak > BYTES))
    command = [sys.executable, "-m", "benchmarks.scale", "--one"]
    return max(subprocess.run([*command, count], check=False).returncode for count in given.queries.split(","))


if __name__ == "__main__":
    sys.exit(main())
