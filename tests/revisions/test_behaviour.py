"""A written revision on a database with data and traffic: what it does when things go wrong."""

from __future__ import annotations

import threading
import time

import pytest

from advisor.errors import ProofError
from advisor.revisions.write import write_revisions
from advisor.verify.running.upgrade import History
from tests.revisions.builders import definition, environment, index_names, proposal

UNIQUE = definition("events", "kind", unique=True)


@pytest.fixture
def events(connection):
    connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, kind text)")
    connection.execute("INSERT INTO events VALUES (1, 'a'), (2, 'b'), (3, 'b')")
    return connection


@pytest.fixture
def written(tmp_path):
    """Return a function that writes the revision for a definition and gives its history."""
    ini = environment(tmp_path)

    def write(wanted):
        write_revisions([proposal(wanted)], ini)
        return History.open(ini)

    return write


def test_duplicates_fail_loudly_every_time_and_the_repaired_table_heals(events, written, server, database):
    history, url = written(UNIQUE), server.url(database)
    for _ in range(2):
        with pytest.raises(ProofError, match="could not create unique index"):
            history.upgrade(url)
        assert index_names(events, "events") == [], "it leaves nothing INVALID behind"
        assert history.current(url) == ()
    events.execute("UPDATE events SET kind = 'c' WHERE id = 3")
    history.upgrade(url)
    assert index_names(events, "events") == [(UNIQUE.name, True)]
    assert len(history.current(url)) == 1


def test_a_valid_index_of_the_name_is_kept_as_it_is(events, written, server, database):
    wanted = definition("events", "kind")
    events.execute(wanted.ddl())
    before = events.execute("SELECT oid FROM pg_class WHERE relname = %s", (wanted.name,)).fetchone()
    written(wanted).upgrade(server.url(database))
    assert events.execute("SELECT oid FROM pg_class WHERE relname = %s", (wanted.name,)).fetchone() == before


def test_the_name_on_another_table_is_not_taken_for_ours(events, written, server, database):
    wanted = definition("events", "kind")
    events.execute("CREATE TABLE other (kind text)")
    events.execute(f"CREATE INDEX {wanted.name} ON other (kind)")
    with pytest.raises(ProofError, match="is INVALID: upgrade again"):
        written(wanted).upgrade(server.url(database))


def test_writers_go_on_while_the_build_waits(events, written, server, database):
    history, url = written(definition("events", "kind")), server.url(database)
    with server.connect(database, autocommit=False) as writer:
        writer.execute("UPDATE events SET kind = 'z' WHERE id = 1")
        build = threading.Thread(target=history.upgrade, args=(url,))
        build.start()
        waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'CREATE INDEX CONCURRENTLY'"
        while build.is_alive() and not events.execute(waiting).fetchall():
            time.sleep(0.005)
        events.execute("SET lock_timeout = '2s'")
        events.execute("INSERT INTO events VALUES (4, 'd')")
        assert build.is_alive()
        writer.rollback()
        build.join()
    assert [valid for _, valid in index_names(events, "events")] == [True]


def test_a_lost_connection_is_reported_as_such(events, written, server, database):
    history, url = written(definition("events", "kind")), server.url(database)
    raised = []

    def upgrade():
        try:
            history.upgrade(url)
        except ProofError as error:
            raised.append(error.what)

    with server.connect(database, autocommit=False) as writer:
        writer.execute("UPDATE events SET kind = 'z' WHERE id = 1")
        build = threading.Thread(target=upgrade)
        build.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'CREATE INDEX CONC'"
        while build.is_alive() and not (found := events.execute(waiting).fetchone()):
            time.sleep(0.005)
        events.execute("SELECT pg_terminate_backend(%s)", found)
        build.join()
    assert "terminating connection" in raised[0]
    history.upgrade(url)
    assert [valid for _, valid in index_names(events, "events")] == [True]


def test_a_partition_added_after_writing_is_not_missed(connection, tmp_path, server, database):
    from advisor.catalog.live.introspect import read_schema

    connection.execute("CREATE TABLE readings (device integer, at date) PARTITION BY RANGE (at)")
    connection.execute("CREATE TABLE r24 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
    ini = environment(tmp_path)
    write_revisions([proposal(definition("readings", "device"))], ini, schema=read_schema(connection))
    connection.execute("CREATE TABLE r25 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")
    connection.execute("CREATE TABLE r26 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
    connection.execute("DROP TABLE r26")
    History.open(ini).upgrade(server.url(database))
    assert [valid for _, valid in index_names(connection, "readings", "r24", "r25")] == [True] * 3
    connection.execute("CREATE TABLE r27 PARTITION OF readings FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')")
    assert len(index_names(connection, "r27")) == 1


def test_a_partition_whose_build_was_cut_off_heals(connection, tmp_path, server, database):
    from advisor.catalog.live.introspect import read_schema

    connection.execute("CREATE TABLE readings (device integer, at date) PARTITION BY RANGE (at)")
    connection.execute("CREATE TABLE r24 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
    connection.execute("CREATE TABLE r25 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")
    connection.execute("INSERT INTO readings VALUES (1, '2024-05-05'), (1, '2024-05-05'), (2, '2025-05-05')")
    ini = environment(tmp_path)
    unique = definition("readings", "device", "at", unique=True)
    write_revisions([proposal(unique)], ini, schema=read_schema(connection))
    history, url = History.open(ini), server.url(database)
    with pytest.raises(ProofError, match="could not create unique index"):
        history.upgrade(url)
    connection.execute("DELETE FROM readings WHERE ctid IN (SELECT ctid FROM readings WHERE at < '2025-01-01' LIMIT 1)")
    history.upgrade(url)
    assert [valid for _, valid in index_names(connection, "readings", "r24", "r25")] == [True] * 3
    history.downgrade(url, "base")
    assert index_names(connection, "readings", "r24", "r25") == []


def test_a_parent_behind_a_writer_is_tried_again(connection, tmp_path, server, database):
    from advisor.catalog.live.introspect import read_schema

    connection.execute("CREATE TABLE readings (device integer, at date) PARTITION BY RANGE (at)")
    connection.execute("CREATE TABLE r24 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
    ini = environment(tmp_path)
    write_revisions([proposal(definition("readings", "device"))], ini, schema=read_schema(connection))
    history, url = History.open(ini), server.url(database)
    waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'CREATE INDEX IF NOT EXISTS'"
    with server.connect(database, autocommit=False) as writer:
        writer.execute("LOCK TABLE ONLY readings IN ROW EXCLUSIVE MODE")
        build = threading.Thread(target=history.upgrade, args=(url,))
        build.start()
        seen = [False]
        while build.is_alive() and seen.count(True) < 2:
            waiting = bool(connection.execute(waits).fetchall())
            seen += [waiting] if waiting is not seen[-1] else []
        assert build.is_alive(), "gave up at the first timeout"
        writer.rollback()
        build.join()
    assert [valid for _, valid in index_names(connection, "readings", "r24")] == [True, True]
