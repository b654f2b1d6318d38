"""Whether migrations that are interrupted end well: kinds of revisions × kinds of interruption, on a real server.

Run: `python -m benchmarks.interruptions --cases N [--seed N] [--binaries FOLDER]` from the project's root.

Each case is a database of its own with rows, a revision that waits for a writer or is in the midst of its build, and one
interruption. Then alembic is run again, at most three times. The truth is the same history run undisturbed: every index's
definition and validity, statistics objects and the version must be the same, nothing INVALID, no lock left. Exit status 1
when one case ends otherwise, or more than one in a hundred needs a second re-run.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from tabulate import tabulate

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.index import IndexKey
from advisor.catalog.live.introspect import read_schema
from advisor.revisions.write import write_revisions
from advisor.rules.finding import Finding
from advisor.twin.servers.server import Server, embedded_binaries
from tests.revisions.builders import definition, environment, proposal

SCHEMA = """
CREATE TABLE events (id bigint PRIMARY KEY, kind text, at date, note text, tags text[]);
INSERT INTO events SELECT n, 'k' || n % 50, '2026-01-01'::date + n % 300, md5(n::text), ARRAY[n::text] FROM generate_series(1, 20000) n;
CREATE INDEX ix_old ON events (kind);
COMMENT ON INDEX ix_old IS 'why';
CREATE TABLE readings (device integer, at date) PARTITION BY RANGE (at);
CREATE TABLE r24 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE r25 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE r26 PARTITION OF readings DEFAULT;
INSERT INTO readings SELECT n, '2024-01-01'::date + n % 900 FROM generate_series(1, 20000) n;
CREATE INDEX ix_readings_at ON readings (at);
"""
ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

with create_engine(context.config.attributes["url"], poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
STATE = """
SELECT 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid::text,
       coalesce(obj_description(i.indexrelid), ''), (SELECT count(*)::text FROM pg_inherits WHERE inhrelid = i.indexrelid)
FROM pg_index i WHERE i.indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
UNION ALL SELECT 'statistics', stxname::text, stxrelid::regclass::text, stxkind::text, '', '' FROM pg_statistic_ext
UNION ALL SELECT 'extension', extname::text, '', '', '', '' FROM pg_extension
UNION ALL SELECT 'version', version_num, '', '', '', '' FROM alembic_version
UNION ALL SELECT 'lock', objid::text, '', '', '', '' FROM pg_locks
 WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1, 2, 3
"""
STATISTICS = ExtendedStatistics.on("public", "events", ["kind", "note"], ["dependencies"])
FINDING = Finding("f1", "STA002", "correlated-columns", "x", "high", statistics=STATISTICS)
LOWER = definition("events", IndexKey("lower(note)"))
KINDS: dict[str, Any] = {
    "plain": [proposal(definition("events", "kind", "at"))],
    "unique": [proposal(definition("events", "id", "kind", unique=True))],
    "expression": [proposal(LOWER)],
    "partial with payload": [proposal(definition("events", "at", include=("note",), where="kind = 'k1'"))],
    "gin": [proposal(definition("events", "tags", method="gin"))],
    "two": [proposal(definition("events", "at")), proposal(definition("events", "note"))],
    "replace": [proposal(definition("events", "kind", "id"), "replace", replaces=("ix_old",))],
    "drop": [proposal(definition("events", "kind"), "drop", name="ix_old")],
    "partitioned": [proposal(definition("readings", "device"))],
    "partitioned unique": [proposal(definition("readings", "device", "at", unique=True))],
    "partitioned drop": [proposal(definition("readings", "at"), "drop", name="ix_readings_at")],
    "extension": [proposal(definition("events", IndexKey.of("note", opclass="gin_trgm_ops"), method="gin"),
                           requires=("pg_trgm",))],
    "statistics": [],
}  # fmt: skip
RERUNS = 3
WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@dataclass
class Site:
    """One case: a database, a folder of revisions, and the dice."""

    server: Server
    database: str
    folder: Path
    dice: random.Random
    watch: psycopg.Connection

    def begin(self, what: str = "upgrade", to: str = "head") -> multiprocessing.Process:
        """Run alembic in a fork, which has everything imported already."""
        url = self.server.url(self.database, "postgresql+psycopg")
        process: Any = multiprocessing.get_context("fork").Process(target=run, args=(self.folder, url, what, to))
        process.start()
        return process  # type: ignore[no-any-return]

    def finish(self, process: multiprocessing.Process) -> bool:
        """Return whether alembic ended well."""
        process.join(120)
        if process.is_alive():
            process.kill()
            process.join()
        return process.exitcode == 0

    def backend(self, *, seconds: float = 5.0) -> int | None:
        """Return the session of ours once it waits for the writer, or at a random moment; `None` when it is over."""
        pause, end = self.dice.uniform(0.0, 0.3), time.monotonic() + seconds
        ours = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'interrupted'"
        )
        while time.monotonic() < end:
            with contextlib.suppress(psycopg.Error):
                if self.watch.execute(f"{WAITING} AND application_name = 'interrupted'".encode()).fetchone():
                    break
                if self.dice.random() < 0.02 and self.watch.execute(ours.encode()).fetchone():
                    break
            time.sleep(0.01)
        time.sleep(pause)
        row = self.watch.execute(ours.encode()).fetchone()
        return int(row[0]) if row else None

    def again(self) -> None:
        """Connect anew: the server may have gone down."""
        end = time.monotonic() + 60
        while True:
            try:
                self.watch = self.server.connect(self.database)
                self.watch.execute(b"SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)


def run(folder: Path, url: str, what: str, to: str) -> None:
    """Run alembic and leave at once: the fork shares its parent's connections."""
    said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    config = Config(folder / "alembic.ini", attributes={"url": f"{url}&application_name=interrupted" if "?" in url
                                                         else f"{url}?application_name=interrupted"})  # fmt: skip
    try:
        getattr(command, what)(config, to)
    except BaseException as error:
        os.write(2, f"{what} {to}: {error}\n".encode())
        os._exit(1)
    os._exit(0)


@contextlib.contextmanager
def writer(site: Site) -> Iterator[None]:
    """Hold builds and drops up for a while."""
    with site.server.connect(site.database, autocommit=False) as held:
        held.execute(b"UPDATE events SET note = note WHERE id = 1")
        held.execute(b"UPDATE readings SET device = device WHERE device = 1")
        yield
        with contextlib.suppress(psycopg.Error):
            held.rollback()


def kill_client(site: Site) -> None:
    with writer(site):
        process = site.begin()
        site.backend()
        process.kill()
        process.join()


def kill_and_rerun_at_once(site: Site) -> None:
    with writer(site):
        process = site.begin()
        site.backend()
        process.kill()
        again = site.begin()
        time.sleep(0.5)
    site.finish(again)


def terminate(site: Site) -> None:
    with writer(site):
        process = site.begin()
        if pid := site.backend():
            site.watch.execute("SELECT pg_terminate_backend(%s)", (pid,))
        site.finish(process)


def cancel(site: Site) -> None:
    """A statement timeout, or an impatient DBA: the statement is cancelled and the connection lives."""
    with writer(site):
        process = site.begin()
        if pid := site.backend():
            site.watch.execute("SELECT pg_cancel_backend(%s)", (pid,))
        time.sleep(0.2)
    site.finish(process)


def lock_timeout(site: Site) -> None:
    """Patience of a quarter of a second instead of minutes."""
    helper = next(site.folder.rglob("concurrently/__init__.py"))
    text = helper.read_text()
    helper.write_text(text.replace('BUILD_LOCK_TIMEOUT = "5min"', 'BUILD_LOCK_TIMEOUT = "250ms"')
                      .replace("PATIENCE, PAUSE = 300.0", "PATIENCE, PAUSE = 0.5"))  # fmt: skip
    with writer(site):
        process = site.begin()
        site.finish(process)
    helper.write_text(text)


def crash(site: Site) -> None:
    """An immediate restart: one process of the server dies, and it recovers."""
    with contextlib.suppress(psycopg.Error), writer(site):
        process = site.begin()
        pid = site.backend() or site.watch.info.backend_pid
        os.kill(pid, signal.SIGKILL)
        site.finish(process)
    with contextlib.suppress(psycopg.Error):
        while True:  # until we are thrown out, too
            site.watch.execute(b"SELECT 1")
            time.sleep(0.02)
    site.again()


def kill_then_downgrade(site: Site) -> None:
    with writer(site):
        process = site.begin()
        site.backend()
        process.kill()
        process.join()
    site.finish(site.begin("downgrade", "base"))


def downgrade_interrupted(site: Site) -> None:
    site.finish(site.begin())
    with writer(site):
        process = site.begin("downgrade", "base")
        if pid := site.backend():
            site.watch.execute("SELECT pg_terminate_backend(%s)", (pid,))
        site.finish(process)
    for _ in range(RERUNS):  # what was interrupted is run again; the version still says applied
        if site.finish(site.begin("downgrade", "base")):
            break


def two_at_once(site: Site) -> None:
    with writer(site):
        first, second = site.begin(), site.begin()
        site.backend()
    site.finish(first)
    site.finish(second)


def disk_full(site: Site) -> None:
    """Indexes go to a tablespace without room; then there is room again."""
    name = sql.Identifier(site.database)
    site.watch.execute(sql.SQL("ALTER DATABASE {} SET default_tablespace = 'small'").format(name))
    site.finish(site.begin())
    site.watch.execute(sql.SQL("ALTER DATABASE {} RESET default_tablespace").format(name))


INTERRUPTIONS: dict[str, Callable[[Site], None]] = {
    "kill -9 of the client": kill_client, "re-run at once": kill_and_rerun_at_once, "terminate": terminate,
    "statement cancelled": cancel, "lock timeout": lock_timeout, "crash and recovery": crash,
    "kill, then downgrade": kill_then_downgrade, "downgrade terminated": downgrade_interrupted,
    "two at once": two_at_once, "disk full": disk_full,
}  # fmt: skip


def state(connection: psycopg.Connection) -> list[tuple[str, ...]]:
    """Return all that must be as in the reference."""
    return connection.execute(STATE.encode()).fetchall()


@contextlib.contextmanager
def site_of(server: Server, kind: str, number: int, dice: random.Random, base: Path) -> Iterator[Site]:
    """Make the database and the revisions of one case, and remove the database."""
    database, folder = f"case_{number}", base / str(number)
    folder.mkdir()
    with server.connect() as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE given").format(sql.Identifier(database)))
    site = Site(server, database, folder, dice, server.connect(database))
    try:
        ini = environment(folder)
        (folder / "migrations" / "env.py").write_text(ENV)
        findings = (FINDING,) if kind == "statistics" else ()
        write_revisions(KINDS[kind], ini, schema=read_schema(site.watch), findings=findings, force=True)
        yield site
    finally:
        site.watch.close()
        with server.connect() as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def one(server: Server, kind: str, interruption: str, number: int, dice: random.Random, base: Path) -> tuple[int, str]:
    """Interrupt one case and return how many re-runs it took, and what is wrong at the end."""
    with site_of(server, kind, number, dice, base) as site:
        INTERRUPTIONS[interruption](site)
        reruns = 0
        for _ in range(RERUNS):
            reruns += 1
            if site.finish(site.begin()):
                break
        found = state(site.watch)
        said = (site.folder / "said").read_text()[-600:]
    with site_of(server, kind, -number - 1, dice, base) as site:
        site.finish(site.begin())
        truth = state(site.watch)
    wrong = [line for line in found if line not in truth] + [line for line in truth if line not in found]
    return reruns, f"{wrong[:3]} {said}" if wrong else ""


@contextlib.contextmanager
def small_disk(server: Server, base: Path) -> Iterator[str]:
    """Make the tablespace `small` on a disk of half a megabyte; give the reason where that cannot be done."""
    place = base / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], capture_output=True, text=True, check=False
    )
    try:
        if done.returncode:
            yield done.stderr.strip() or "no mount"
            return
        owner = server.data.stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        base.chmod(0o755)
        with server.connect() as admin:
            admin.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(place))))
        yield ""
    finally:
        if not done.returncode:
            subprocess.run(["umount", "-l", place], check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=130)
    parser.add_argument("--seed", type=int, default=None, help="a fresh one when not given")
    parser.add_argument("--binaries", type=Path, default=embedded_binaries(), help="folder of the server's programs")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    dice, begin = random.Random(seed), time.monotonic()
    base = Path(tempfile.mkdtemp(prefix="pgadvisor-interruptions-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the small disk is unmounted however we end
    table: Counter[str] = Counter()
    wrong: list[str] = []
    try:
        with Server(options.binaries) as server, small_disk(server, base) as reason:
            with server.connect() as admin:
                admin.execute(b"CREATE DATABASE given")
                print(f"seed {seed}, PostgreSQL {admin.info.server_version // 10000}", flush=True)
            with server.connect("given") as given:
                given.execute(SCHEMA.encode())
            pairs = [(kind, how) for how in INTERRUPTIONS for kind in KINDS if how != "disk full" or not reason]
            dice.shuffle(pairs)
            for number in range(options.cases):
                kind, how = pairs[number % len(pairs)]
                reruns, complaint = one(server, kind, how, number + 1, dice, base)
                table[how] += 1
                table["second re-runs"] += reruns > 1
                if complaint:
                    wrong.append(f"{number + 1} {kind} / {how}: {complaint}")
                    print(wrong[-1], flush=True)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    second = table.pop("second re-runs")
    print(tabulate(sorted(table.items()), ("interruption", "cases")))
    if reason:
        print(f"disk full: not shown ({reason})")
    print(f"{options.cases - len(wrong)} of {options.cases} ended well, {second} with a second re-run; "
          f"{time.monotonic() - begin:.0f} s")  # fmt: skip
    return 1 if wrong or second > options.cases / 100 else 0


if __name__ == "__main__":
    sys.exit(main())
