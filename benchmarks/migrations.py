"""How right the reckoned durations of migrations are: each kind of statement run on loaded tables, beside what the gate says.

Run: `python -m benchmarks.migrations [--rows 100000 400000 1000000] [--seed N]` from the project's root.

The truth is the loaded server: the CPU seconds of the session's process, which other work on the machine does not lengthen
as it does the clock. Tables and their columns are random. Exit status 1 when one statement in ten is off by more than three.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psycopg
from tabulate import tabulate

from advisor.catalog.live.introspect import read_schema
from advisor.catalog.snapshots.take import take_snapshot
from advisor.gate.migrations.ahead import Ahead
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.verify.running.effects import Step, effects
from advisor.verify.running.look import Look, look

SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "wal_level": "replica",
    "max_parallel_maintenance_workers": "0",
}
KINDS = (
    "CREATE INDEX i ON t (number)", "CREATE INDEX i ON t (code)", "CREATE INDEX i ON t (at, number)",
    "CREATE UNIQUE INDEX i ON t (id, code)", "CREATE INDEX i ON t (lower(code))", "REINDEX TABLE t",
    "ALTER TABLE t ALTER COLUMN number TYPE bigint", "ALTER TABLE t ALTER COLUMN number TYPE numeric",
    "ALTER TABLE t ALTER COLUMN number SET NOT NULL", "ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE t ADD COLUMN a float DEFAULT random()", "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (number) STORED",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (number >= 0)",
    "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (parent) REFERENCES p", "ALTER TABLE t ADD CONSTRAINT c UNIQUE (code)",
    "CLUSTER t USING t_pkey", "ALTER TABLE t SET UNLOGGED", "VACUUM FULL t",
)  # fmt: skip
BAR, SHARE, SMALL = 3.0, 0.9, 0.03
"""Times that an estimate may be off, the share that must not be, and seconds below which both are the same: a moment."""


@dataclass(frozen=True)
class Measured:
    """One statement on one table."""

    rows: int
    statement: str
    told: float
    truth: float

    @property
    def off(self) -> float:
        """Return how many times the estimate is too high or too low."""
        told, truth = max(self.told, SMALL), max(self.truth, SMALL)
        return max(told / truth, truth / told)


def load(connection: psycopg.Connection, rows: int, rng: random.Random) -> None:
    """Make a random table `t` and the table `p` that it points to."""
    width = rng.choice((0, 60, 200))
    for statement in (
        "DROP TABLE IF EXISTS t", "DROP TABLE IF EXISTS p",
        "CREATE TABLE p (id int PRIMARY KEY)", f"INSERT INTO p SELECT generate_series(1, {rows // 20})",
        "CREATE TABLE t (id bigint PRIMARY KEY, parent int, number int, code text, at timestamptz, note text)",
        f"INSERT INTO t SELECT n, 1 + n % {rows // 20}, (random() * {rows})::int, md5(n::text), '2026-01-01'::timestamptz"
        f" + random() * interval '1 year', repeat('x', (random() * {2 * width})::int) FROM generate_series(1, {rows}) n",
        *rng.sample(("CREATE INDEX t_number ON t (number)", "CREATE INDEX t_code ON t (code)",
                     "CREATE INDEX t_at ON t (at)", "CREATE INDEX t_parent ON t (parent, at)"), rng.randrange(1, 4)),
        "VACUUM ANALYZE t", "VACUUM ANALYZE p", "CHECKPOINT",
    ):  # fmt: skip
        connection.execute(statement.encode())


def measured(server: Server, rows: int, rng: random.Random) -> Iterator[Measured]:
    """Yield each kind of statement on one random table."""
    with server.connect("loaded") as connection:
        load(connection, rows, rng)
        snapshot = take_snapshot(server.url("loaded"))
        schema = read_schema(connection)
        for statement in KINDS:
            alone = statement.startswith("VACUUM")
            connection.execute(b"SELECT count(*) FROM t")
            if not alone:
                connection.execute(b"BEGIN")
            before = msgspec.json.decode(look(connection), type=Look)
            begin = cpu(connection)
            connection.execute(statement.encode())
            truth = cpu(connection) - begin
            after = msgspec.json.decode(look(connection), type=Look)
            origin = {one.oid: (one.schema, one.name) for one in before.relations}
            found = effects(before, after, origin, text=statement if alone else "")
            step = Step("", "", 1, statement, "", "0", found)
            later = read_schema(connection)
            if not alone:
                connection.execute(b"ROLLBACK")
            ahead = Ahead([step], schema, later, snapshot.statistics)
            told = sum(ahead.seconds(step, one) or 0.0 for one in found)
            yield Measured(rows, statement, told, truth)


def cpu(connection: psycopg.Connection) -> float:
    """Return the CPU seconds that the session's process has used."""
    words = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def report(found: Sequence[Measured]) -> float:
    """Print the table and return the share of estimates within the bar."""
    rows = [(one.rows, one.statement[:70], f"{one.told:.2f}", f"{one.truth:.2f}", f"{one.off:.1f}") for one in found]
    print(tabulate(rows, ("rows", "statement", "told s", "took s", "off")))
    share = sum(one.off <= BAR for one in found) / len(found)
    print(f"\n{share:.1%} of {len(found)} within a factor of {BAR:g}; worst {max(one.off for one in found):.1f}")
    return share


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 400_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=None, help="a fresh one when not given")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    rng, begin = random.Random(seed), time.monotonic()
    with Server(embedded_binaries(), SETTINGS, room=8 << 30) as server:
        with server.connect() as admin:
            admin.execute(b"CREATE DATABASE loaded")
        found = [one for rows in options.rows for one in measured(server, rows, rng)]
    share = report(found)
    print(f"{time.monotonic() - begin:.0f} s")
    return 0 if share >= SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
