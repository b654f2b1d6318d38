"""The pre-flight query names who would make a concurrent build wait, and what earlier builds left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

PREFLIGHT = Path(__file__).parent.parent.parent / "sql" / "preflight.sql"


@pytest.fixture
def preflight(server, database, connection):
    connection.execute("CREATE TABLE events (id bigint PRIMARY KEY); INSERT INTO events VALUES (1)")

    def run():
        done = server.run("psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", str(PREFLIGHT))
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_a_quiet_database_has_nothing_to_say(preflight):
    assert preflight() == ""


def test_a_writer_is_named_with_its_table(preflight, server, database):
    with server.connect(database, autocommit=False) as writer:
        writer.execute("SET application_name = 'nightly job'")
        writer.execute("UPDATE events SET id = 2")
        assert "writes to events" in preflight() and "|nightly job|idle in transaction|" in preflight()


def test_a_snapshot_is_named(preflight, server, database):
    with server.connect(database, autocommit=False) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT FROM events")
        assert f"holds a snapshot|{reader.info.backend_pid}|" in preflight()


def test_an_idle_reader_with_read_committed_is_no_obstacle(preflight, server, database):
    with server.connect(database, autocommit=False) as reader:
        reader.execute("SELECT FROM events")
        assert preflight() == ""


def test_an_invalid_leftover_is_named(preflight, connection):
    connection.execute("CREATE INDEX ix_left ON events (id)")
    connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_left'::regclass")
    assert "ix_left|events|" in preflight()
