"""How long readers and writers wait while revisions are applied and undone, and others hold transactions of three seconds.

Run: `python -m benchmarks.migration_waits [--binaries FOLDER]` from the project's root.

A reader and a writer run at full speed on each table; two more sessions hold a transaction that has read and written for
three seconds, pause for a moment, and begin again. Beside each upgrade and downgrade of ours stands what a team would
write by itself: `op.create_index` and `op.drop_index`. A wait is the longest run time of one statement while the migration
ran, less the longest of a quiet time before it, which is the machine's own. Exit status 1 when one of ours waits longer
than 150 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from tabulate import tabulate

from advisor.catalog.live.introspect import read_schema
from advisor.revisions.write import write_revisions
from advisor.twin.servers.server import Server, embedded_binaries
from benchmarks.interruptions import ENV, run
from tests.revisions.builders import definition, environment, proposal

BAR_MS, HELD_S = 150.0, 3.0
TABLES = {"plain": ("events", ["events"]), "partitioned": ("readings", ["r24", "r25", "r26"])}
SCHEMA = """
CREATE TABLE events (id bigint PRIMARY KEY, device integer, at date);
INSERT INTO events SELECT n, n % 1000, '2024-01-01'::date + n % 900 FROM generate_series(1, 100000) n;
CREATE TABLE readings (id bigint, device integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE r24 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE r25 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE r26 PARTITION OF readings DEFAULT;
INSERT INTO readings SELECT * FROM events;
"""
BY_HAND = """
from alembic import op

revision = "byhand"
down_revision = None


def upgrade():
    op.create_index("ix_by_hand", "{table}", ["device"])


def downgrade():
    op.drop_index("ix_by_hand", "{table}")
"""


class Client(threading.Thread):
    """One session at full speed; knows its longest statement."""

    def __init__(self, server: Server, statement: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.connection, self.statement, self.stop = server.connect("waits"), statement, stop
        self.longest = 0.0

    def run(self) -> None:
        while not self.stop.is_set():
            begin = time.monotonic()
            with contextlib.suppress(psycopg.Error):
                self.connection.execute(self.statement.encode(), (random.randrange(1, 100_000),), prepare=True)
            self.longest = max(self.longest, time.monotonic() - begin)
        self.connection.close()


def hold(server: Server, table: str, stop: threading.Event) -> None:
    """Hold transactions of three seconds, one after the other."""
    with server.connect("waits", autocommit=False) as connection:
        while not stop.is_set():
            number = random.randrange(1, 100_000)
            connection.execute(f"SELECT count(*) FROM {table} WHERE id = %s".encode(), (number,))
            connection.execute(f"UPDATE {table} SET device = device WHERE id = %s".encode(), (number,))
            stop.wait(HELD_S)
            connection.rollback()
            stop.wait(random.uniform(0.5, 2.5))


@contextlib.contextmanager
def traffic(server: Server, table: str) -> Iterator[tuple[Client, Client]]:
    """Run a reader, a writer and two holders."""
    stop = threading.Event()
    reader = Client(server, f"SELECT device FROM {table} WHERE id = %s", stop)
    writer = Client(server, f"UPDATE {table} SET device = device WHERE id = %s", stop)
    holders = [threading.Thread(target=hold, args=(server, table, stop), daemon=True) for _ in range(2)]
    threads: list[threading.Thread] = [reader, writer, *holders]
    for thread in threads:
        thread.start()
    try:
        yield reader, writer
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def measured(reader: Client, writer: Client, work: Callable[[], None]) -> tuple[float, float]:
    """Return the longest wait of both in milliseconds, beyond what they wait for nothing."""
    quiet = []
    for client in (reader, writer):
        client.longest = 0.0
    time.sleep(2.0)
    quiet = [reader.longest, writer.longest]
    for client in (reader, writer):
        client.longest = 0.0
    work()
    time.sleep(0.5)
    found = [1000 * max(0.0, client.longest - before) for client, before in zip((reader, writer), quiet, strict=True)]
    return found[0], found[1]


def alembic(server: Server, folder: Path, what: str, to: str) -> None:
    """Run alembic in a fork; raises when it fails."""
    url = server.url("waits", "postgresql+psycopg")
    process: Any = multiprocessing.get_context("fork").Process(target=run, args=(folder, url, what, to))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit((folder / "said").read_text())


def rows(server: Server, base: Path, kind: str) -> Iterator[tuple[str, str, str, float, float]]:
    """Yield kind of table, whose revision, direction, and both waits."""
    table = TABLES[kind][0]
    for whose in ("ours", "op.create_index"):
        folder = base / f"{kind}-{whose}"
        folder.mkdir()
        ini = environment(folder)
        (folder / "migrations" / "env.py").write_text(ENV)
        if whose == "ours":
            with server.connect("waits") as connection:
                schema = read_schema(connection)
            write_revisions([proposal(definition(table, "device"))], ini, schema=schema)
        else:
            (folder / "migrations" / "versions" / "byhand.py").write_text(BY_HAND.format(table=table))
        for what, to in (("upgrade", "head"), ("downgrade", "base")):
            with traffic(server, table) as (reader, writer):
                yield (kind, whose, what, *measured(reader, writer, lambda: alembic(server, folder, what, to)))  # noqa: B023


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--binaries", type=Path, default=embedded_binaries(), help="folder of the server's programs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pgadvisor-waits-") as base, Server(options.binaries) as server:
        with server.connect() as admin:
            admin.execute(b"CREATE DATABASE waits")
        with server.connect("waits") as connection:
            connection.execute(SCHEMA.encode())
            print(f"PostgreSQL {connection.info.server_version // 10000}", flush=True)
        found = [row for kind in TABLES for row in rows(server, Path(base), kind)]
    head = ("table", "revision", "direction", "reader ms", "writer ms")
    print(tabulate(found, head, floatfmt=".0f"))
    worst = max(max(row[3:]) for row in found if row[1] == "ours")
    print(f"longest wait by ours: {worst:.0f} ms (bar {BAR_MS:.0f})")
    return 1 if worst > BAR_MS else 0


if __name__ == "__main__":
    sys.exit(main())
