"""What a visit of the heap takes, in planner units: the measurement behind `advisor.indexes.pricing.VISIT`.

One table of random order, wider than deep, on a server whose buffers hold it all, and again on one whose buffers hold a
quarter (the operating system's cache holds the rest). A unit is what a sequential scan takes per unit of its cost. Probes
are nested loops over an index: to rows scattered over the heap, to rows that lie together, and without the heap.
The data is made up here from a seed, so that no benchmark is measured by what it was tuned on.

Run from the project's root: `python -m benchmarks.heap_visits [--rows 4000000]`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from typing import Any

import psycopg

from advisor.twin.server import Server, embedded_binaries

PER_KEY = 40
"""Rows of one key value."""
PROBES = 20_000
MAKE = """
SELECT setseed(0.5);
CREATE TABLE facts (id integer, scattered integer, together integer, amount numeric, day date, filler text);
INSERT INTO facts
SELECT n, floor(random() * {rows} / {per_key}), n / {per_key}, n % 1000, date '2024-01-01' + n % 1000, repeat('x', 70)
FROM generate_series(1, {rows}) n;
CREATE TABLE probes (key integer, one integer);
INSERT INTO probes SELECT floor(random() * {rows} / {per_key}), random() * {rows} FROM generate_series(1, {probes});
CREATE TABLE many_probes AS SELECT floor(random() * {rows})::integer AS one FROM generate_series(1, {probes} * 20);
CREATE TABLE ordered_probes AS SELECT n * 10 AS one FROM generate_series(1, {probes} * 20) n;
CREATE INDEX one ON facts (id);
CREATE INDEX scattered ON facts (scattered);
CREATE INDEX together ON facts (together);
CREATE INDEX covering ON facts (scattered, amount);
"""
LOOP = "SELECT sum(f.amount) FROM {probes} p JOIN facts f ON f.{column} = p.{key}"
PLAIN = ("max_parallel_workers_per_gather = 0", "jit = off", "enable_hashjoin = off", "enable_mergejoin = off",
         "enable_bitmapscan = off", "enable_memoize = off", "effective_cache_size = '16GB'")  # fmt: skip
BUFFERS = {"all in shared_buffers": "2GB", "a quarter in shared_buffers": "128MB"}
PASSES = 3


def explained(connection: psycopg.Connection, text: str) -> tuple[float, float, Mapping[str, Any]]:
    """Return the cost of a statement, the least milliseconds of some warm runs, and its plan."""
    times = []
    for _ in range(PASSES + 1):
        begin = time.perf_counter()
        connection.execute(text.encode(), prepare=False).fetchall()
        times.append((time.perf_counter() - begin) * 1000)
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {text}".encode()).fetchone()
    assert row
    plan = row[0][0]["Plan"]
    return float(plan["Total Cost"]), min(times[1:]), plan


def measure(connection: psycopg.Connection, rows: int) -> None:
    """Print the figures of one server."""
    for setting in PLAIN:
        connection.execute(f"SET {setting}".encode())
    connection.execute("SET enable_indexonlyscan = off; SET enable_indexscan = off")
    for what, text in {
        "count": "SELECT count(*) FROM facts",
        "sums": "SELECT sum(amount), max(filler), count(*) FROM facts WHERE day > '2024-01-05' AND amount < 900",
    }.items():
        cost, ms, _ = explained(connection, text)
        unit = ms / cost * 1000
        print(f"  sequential scan {what}: {ms:.0f} ms, {unit:.2f} us a unit, {ms * 1000 / rows:.3f} us a row")
    connection.execute("SET enable_indexscan = on; SET enable_seqscan = off")
    for name, column, probes, key, per, kind in (
        ("scattered", "scattered", "probes", "key", PER_KEY, "index"),
        ("scattered, bitmap", "scattered", "probes", "key", PER_KEY, "bitmap"),
        ("together", "together", "probes", "key", PER_KEY, "index"),
        ("index only", "scattered", "probes", "key", PER_KEY, "only"),
        ("one row", "id", "many_probes", "one", 1, "index"),
        ("one row, in order", "id", "ordered_probes", "one", 1, "index"),
    ):
        connection.execute(f"SET enable_indexonlyscan = {'on' if kind == 'only' else 'off'}".encode())
        connection.execute(f"SET enable_bitmapscan = {'on' if kind == 'bitmap' else 'off'}".encode())
        connection.execute(f"SET enable_indexscan = {'off' if kind == 'bitmap' else 'on'}".encode())
        count = PROBES * (20 if per == 1 else 1)
        cost, ms, plan = explained(connection, LOOP.format(column=column, probes=probes, key=key))
        inner = plan["Plans"][0]["Plans"][1]
        print(
            f"  {name:<18} {inner['Node Type']:<18} {ms:6.0f} ms, {ms * 1000 / count:6.2f} us a probe, {ms * 1000 / count / per:.3f} us a row,"
            f" {ms * 1000 / count / per / unit:.3f} units a row; the planner: {inner['Total Cost'] / per:.3f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4_000_000)
    given = parser.parse_args()
    for name, size in BUFFERS.items():
        settings = {
            "shared_buffers": size,
            "max_wal_size": "8GB",
            "maintenance_work_mem": "256MB",
            "synchronous_commit": "on",
        }
        with Server(embedded_binaries(), settings) as server, server.connect() as connection:
            connection.execute(MAKE.format(rows=given.rows, per_key=PER_KEY, probes=PROBES).encode())
            connection.execute("VACUUM ANALYZE")
            print(name)
            measure(connection, given.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
