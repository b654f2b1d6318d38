"""Deployments that meet: two at once, one after a client that was killed, one after a lost connection, and a way back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.revisions.write import write_revisions
from tests.revisions.builders import alembic, definition, environment, index_names, proposal

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.get_x_argument(as_dictionary=True)["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'CREATE INDEX CONCURRENTLY'"
WANTED = definition("events", "kind")


class Team:
    """A folder with revisions, and processes that run alembic in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.running: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "alembic", "-c", str(self.folder / "alembic.ini"), "-x", f"url={self.url}"]
        said = (self.folder / f"said{len(self.running)}").open("w+")
        process = subprocess.Popen([*command, *arguments], stderr=said, stdout=said, text=True)
        self.running.append(process)
        return process

    def said(self, process: subprocess.Popen[str]) -> str:
        return (self.folder / f"said{self.running.index(process)}").read_text()


def until(true: Callable[[], object], process: subprocess.Popen[str]) -> object:
    """Wait until something is true, or the process has ended, at most two minutes."""
    end = time.monotonic() + 120
    while not (found := true()) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    return found


@pytest.fixture
def team(tmp_path, connection, server, database):
    connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, kind text)")
    connection.execute("INSERT INTO events VALUES (1, 'a'), (2, 'b'), (3, 'b')")
    ini = environment(tmp_path)
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    write_revisions([proposal(WANTED)], ini)
    made = Team(tmp_path, server.url(database, "postgresql+psycopg"))
    yield made
    for process in made.running:
        process.kill()
        process.wait()


@pytest.fixture
def writer(server, database, team):
    """A transaction that holds builds up."""
    with server.connect(database, autocommit=False) as opened:
        opened.execute("UPDATE events SET kind = 'z' WHERE id = 1")
        yield opened
        opened.rollback()


def waiting(connection) -> Callable[[], object]:
    return lambda: connection.execute(WAITING).fetchone()


def test_the_second_of_two_at_once_waits_and_says_who_came_first(team, writer, connection):
    first = team.start("upgrade", "head")
    assert until(waiting(connection), first), team.said(first)
    second = team.start("upgrade", "head")
    assert until(lambda: "waiting for another deployment" in team.said(second), second), team.said(second)
    writer.rollback()
    assert first.wait() == 0, team.said(first)
    assert second.wait() != 0
    assert "another deployment came first" in team.said(second).strip().splitlines()[-1]
    assert index_names(connection, "events") == [(WANTED.name, True)]
    assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


def test_a_run_after_a_killed_client_waits_for_its_build(team, writer, connection):
    first = team.start("upgrade", "head")
    assert until(waiting(connection), first), team.said(first)
    first.kill()
    again = team.start("upgrade", "head")
    assert until(lambda: "waiting for" in team.said(again), again), team.said(again)
    writer.rollback()
    assert again.wait() == 0, team.said(again)
    assert index_names(connection, "events") == [(WANTED.name, True)]


def test_a_build_that_is_not_ours_is_waited_for_too(team, writer, connection, server, database):
    build = "CREATE INDEX CONCURRENTLY by_hand ON events (kind)"
    by_hand = subprocess.Popen([sys.executable, "-c", ROUND, server.url(database), build])
    assert until(waiting(connection), by_hand)
    ours = team.start("upgrade", "head")
    assert until(lambda: "waiting for" in team.said(ours), ours), team.said(ours)
    writer.rollback()
    assert by_hand.wait() == 0
    assert ours.wait() == 0, team.said(ours)


ROUND = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    connection.execute(sys.argv[2])
"""


def test_the_last_line_after_a_lost_connection_is_why(team, writer, connection):
    run = team.start("upgrade", "head")
    (pid,) = until(waiting(connection), run)
    connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
    assert run.wait() != 0
    last = [line for line in team.said(run).splitlines() if line.startswith(("sqlalchemy.exc", "psycopg", "Traceback"))]
    assert "terminating connection" in last[-1], team.said(run)


def test_a_way_back_names_what_a_cut_off_build_left(team, connection, caplog):
    alembic(team.folder, "upgrade", "head", url=team.url)
    with pytest.raises(Exception, match="could not create unique index"):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_left ON events (kind)")
    alembic(team.folder, "downgrade", "base", url=team.url)
    assert "INVALID, left by index builds that were cut off: ix_left" in caplog.text
    assert index_names(connection, "events") == [("ix_left", False)]
