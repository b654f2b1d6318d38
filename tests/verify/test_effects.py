"""Each kind of statement does to the empty twin what it does to a loaded server: the same locks, rewrites, scans, builds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from advisor.analysis.deeds import pieces
from advisor.twin.servers.server import Server
from advisor.verify.running.effects import MODES, Effect, effects
from advisor.verify.running.look import Look, look
from benchmarks.twin_fidelity import VERSIONS

CASES = Path(__file__).parent / "effects"


@pytest.fixture(scope="module", params=sorted(VERSIONS))
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Two databases of one schema: without rows, and with."""
    with Server(VERSIONS[request.param]) as server:
        for name in ("empty", "loaded"):
            with server.connect() as admin:
                admin.execute(f"CREATE DATABASE {name}".encode())
            with server.connect(name) as connection:
                connection.execute((CASES / "schema.sql").read_bytes())
        with server.connect("loaded") as connection:
            for statement in pieces((CASES / "rows.sql").read_text()):
                connection.execute(statement.encode())
        with server.connect("empty") as empty, server.connect("loaded") as loaded:
            yield empty, loaded


def seen(connection: psycopg.Connection) -> Look:
    return msgspec.json.decode(look(connection), type=Look)


def done(connection: psycopg.Connection, statement: str) -> tuple[Effect, ...]:
    """What a statement did in a transaction that is rolled back."""
    connection.execute("BEGIN")
    try:
        before = seen(connection)
        connection.execute(statement.encode())
        origin = {one.oid: (one.schema, one.name) for one in before.relations}
        return effects(before, seen(connection), origin)
    finally:
        connection.execute("ROLLBACK")


def told(found: tuple[Effect, ...]) -> list[tuple[object, ...]]:
    return [(one.name, one.mode, one.rewritten, one.indexes, one.gone) for one in found]


def test_a_statement_takes_the_same_locks_and_writes_the_same_files_on_rows(
    databases: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    empty, loaded = databases
    statements = pieces((CASES / "statements.sql").read_text())
    assert len(statements) >= 80
    differing = []
    for statement in statements:
        here, there = done(empty, statement), done(loaded, statement)
        scans = [one.name for one in here if one.scanned], [one.name for one in there if one.scanned]
        if told(here) != told(there) or not set(scans[0]) <= set(scans[1]):
            differing.append((statement, told(here), told(there), scans))
    assert not differing


def test_what_is_scanned_on_rows_is_scanned_on_none_but_for_looked_up_keys(
    databases: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    empty, loaded = databases
    more = {}
    for statement in pieces((CASES / "statements.sql").read_text()):
        here, there = done(empty, statement), done(loaded, statement)
        if missing := {one.name for one in there if one.scanned} - {one.name for one in here if one.scanned}:
            more[statement] = missing
    assert all("REFERENCES" in statement for statement in more), more


def test_without_a_transaction_the_lock_is_told_by_what_was_done(
    databases: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    """The truth is what another session sees the statement hold, while a third one keeps it from ending."""
    empty, loaded = databases
    for statement in pieces((CASES / "alone.sql").read_text()):
        before = seen(empty)
        empty.execute(statement.encode())
        origin = {one.oid: (one.schema, one.name) for one in before.relations}
        found = effects(before, seen(empty), origin, text=statement)
        told = {one.name: one.mode for one in found if one.mode}
        assert told == held(loaded, statement), statement


def held(connection: psycopg.Connection, statement: str) -> dict[str, str]:
    """Return the strongest lock above ROW EXCLUSIVE on each table that a running statement was seen to hold."""
    dsn, seconds = connection.info.dsn, 20
    with psycopg.connect(dsn, autocommit=True) as onlooker, psycopg.connect(dsn) as reader:
        reader.execute("LOCK TABLE orders IN ROW EXCLUSIVE MODE")
        worker = psycopg.connect(dsn, autocommit=True)
        pid = worker.info.backend_pid
        thread = threading.Thread(target=lambda: worker.execute(statement.encode()), daemon=True)
        thread.start()
        found: dict[str, str] = {}
        end = time.monotonic() + seconds
        while thread.is_alive() and time.monotonic() < end:
            for name, mode in onlooker.execute(HELD, [pid]).fetchall():
                if mode in MODES and MODES.index(mode) > MODES.index(found.get(name, "RowExclusiveLock")):
                    found[name] = mode
            if found:
                reader.rollback()
        thread.join(seconds)
        worker.close()
    return found


HELD = """
SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = %s AND l.locktype = 'relation' AND c.relkind IN ('r', 'p', 'm')
"""
