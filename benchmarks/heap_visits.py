"""What a visit of the heap takes, in planner units: the measurement behind `VISIT` and `NEAR` of the time model.

One table on a server whose buffers hold it all, and again on one whose buffers hold a quarter (the operating system's
cache holds the rest). A unit is what a sequential scan takes per unit of its cost: that differs with what is done to a
row, so two scans give the range. Probes are nested loops over an index: to rows scattered over the heap, to rows that lie
together, without the heap, and to single rows in random order and in that of the heap. The data is made up here from a
seed, so that nothing is measured by what it was tuned on.

Run from the project's root: `python -m benchmarks.heap_visits [--rows 4000000]`; 200000 and 20000 rows show what the
processor's caches spare.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Any

import psycopg

from advisor.twin.servers.server import Server, embedded_binaries

PER_KEY = 40
"""Rows of one key value."""
PROBES = 20_000
SINGLES = 400_000
MAKE = """
SELECT setseed(0.5);
CREATE TABLE facts (id integer, scattered integer, together integer, amount numeric, day date, filler text);
INSERT INTO facts
SELECT n, floor(random() * {rows} / {per_key}), n / {per_key}, n % 1000, date '2024-01-01' + n % 1000, repeat('x', 70)
FROM generate_series(1, {rows}) n;
CREATE TABLE keys AS SELECT floor(random() * {rows} / {per_key})::integer AS key FROM generate_series(1, {probes});
CREATE TABLE singles AS SELECT floor(random() * {rows})::integer AS key FROM generate_series(1, {singles});
CREATE TABLE ordered AS SELECT (n::float8 * {rows} / {singles})::integer AS key FROM generate_series(1, {singles}) n;
CREATE INDEX one ON facts (id);
CREATE INDEX scattered ON facts (scattered);
CREATE INDEX together ON facts (together);
CREATE INDEX covering ON facts (scattered, amount);
"""
SCANS = (
    "SELECT count(*) FROM facts",
    "SELECT sum(amount), max(filler), count(*) FROM facts WHERE day > '2024-01-05' AND amount < 900",
)
"""Two ends: a scan that does next to nothing with a row, and one with conditions and numeric sums."""
LOOP = "SELECT sum(f.amount) FROM {probes} p JOIN facts f ON f.{column} = p.key"
SESSION = {
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_memoize": "off",
    "effective_cache_size": "16GB",
}
SETTINGS = {"max_wal_size": "8GB", "maintenance_work_mem": "256MB", "synchronous_commit": "on"}
BUFFERS = {"all in shared_buffers": "2GB", "a quarter in shared_buffers": "128MB"}
PASSES = 4


@dataclass(frozen=True)
class Probe:
    """A nested loop to measure."""

    name: str
    column: str
    probes: str
    kind: str
    """The one way of reading the inner side that is left to the planner."""
    count: int = PROBES
    rows: int = PER_KEY


PROBED = (
    Probe("scattered", "scattered", "keys", "indexscan"),
    Probe("scattered, by bitmap", "scattered", "keys", "bitmapscan"),
    Probe("together", "together", "keys", "indexscan"),
    Probe("without the heap", "scattered", "keys", "indexonlyscan"),
    Probe("single", "id", "singles", "indexscan", SINGLES, 1),
    Probe("single, in order", "id", "ordered", "indexscan", SINGLES, 1),
)


def explained(connection: psycopg.Connection, text: str) -> tuple[float, dict[str, Any]]:
    """Return the least milliseconds of some warm runs of a statement, and its plan."""
    times = []
    for _ in range(PASSES):
        begin = time.perf_counter()
        connection.execute(text.encode(), prepare=False).fetchall()  # a prepared plan would outlive the settings
        times.append((time.perf_counter() - begin) * 1000)
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {text}".encode(), prepare=False).fetchone()
    assert row
    return min(times[1:]), row[0][0]["Plan"]


def only(connection: psycopg.Connection, kind: str) -> None:
    """Leave the planner one way of reading a table."""
    for other in ("seqscan", "indexscan", "indexonlyscan", "bitmapscan"):
        wanted = other == kind or (kind == "indexonlyscan" and other == "indexscan")
        connection.execute("SELECT set_config(%s, %s, false)", (f"enable_{other}", "on" if wanted else "off"))


def measure(connection: psycopg.Connection) -> None:
    """Print the figures of one server."""
    for name, value in SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    only(connection, "seqscan")
    units = []
    for text in SCANS:
        ms, plan = explained(connection, text)
        units.append(ms * 1000 / plan["Total Cost"])
    print(f"  a unit takes {units[0]:.2f} to {units[1]:.2f} us")
    for probe in PROBED:
        only(connection, probe.kind)
        ms, plan = explained(connection, LOOP.format(column=probe.column, probes=probe.probes))
        inner = plan["Plans"][0]["Plans"][1]
        row = ms * 1000 / probe.count / probe.rows
        print(
            f"  {probe.name:<20} {row:6.2f} us a row: {row / units[1]:5.2f} to {row / units[0]:5.2f} units;"
            f" the planner {inner['Total Cost'] / probe.rows:5.2f} ({inner['Node Type']})"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4_000_000)
    given = parser.parse_args()
    for name, size in BUFFERS.items():
        with (
            Server(embedded_binaries(), {**SETTINGS, "shared_buffers": size}) as server,
            server.connect() as connection,
        ):
            made = MAKE.format(rows=given.rows, per_key=PER_KEY, probes=PROBES, singles=SINGLES)
            connection.execute(made.encode())
            connection.execute("VACUUM ANALYZE")
            row = connection.execute("SELECT pg_relation_size('facts') / 8192").fetchone()
            print(f"{name}, {row[0] if row else 0} pages")
            measure(connection)
    return 0


if __name__ == "__main__":
    sys.exit(main())
