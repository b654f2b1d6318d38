"""Before and during a deploy: what makes a concurrent build wait or fail is named, and its progress is told."""

from __future__ import annotations

import threading
import time

import pytest
from click.testing import CliRunner

from advisor.catalog.index import IndexKey
from advisor.cli.migrate_command import command as migrate
from advisor.errors import ServerError
from advisor.indexes.proposal import Advice
from advisor.output.render import render
from advisor.output.report import Report
from advisor.revisions.deploy.builds import Build
from advisor.revisions.deploy.known_bugs import version_obstacles
from advisor.revisions.deploy.preflight import preflight
from advisor.revisions.deploy.watching import _Begun, left, line_of, watch
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.model import Workload
from tests.revisions.builders import definition, proposal

WAITING = "SELECT FROM pg_stat_progress_create_index WHERE phase ~ 'waiting' AND datname = current_database()"
BUILD = Build(7, "CREATE INDEX CONCURRENTLY", "events", "ix", "building index: scanning table",
              30, 120, 0, 0, 0, 0, 0, 0, 0, "", "", None, 5.0)  # fmt: skip


@pytest.fixture
def events(connection):
    connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, kind text)")
    connection.execute("INSERT INTO events SELECT n, 'k' || n % 100 FROM generate_series(1, 1000) n")
    return connection


@pytest.fixture
def url(server, database):
    return server.url(database)


def said(url, *proposals):
    return [(one.level, one.what) for one in preflight(url, proposals)]


@pytest.fixture
def building(events, server, database):
    """A build that waits for a writer; the fixture gives the writer's session."""
    with server.connect(database, autocommit=False) as writer, server.connect(database) as builder:
        writer.execute("SET application_name = 'nightly job'")
        writer.execute("UPDATE events SET kind = 'z' WHERE id = 1")
        build = threading.Thread(target=builder.execute, args=("CREATE INDEX CONCURRENTLY ix_kind ON events (kind)",))
        build.start()
        while not events.execute(WAITING).fetchall():
            time.sleep(0.01)
        yield writer
        writer.rollback()
        build.join()


def test_a_quiet_server_is_clear(events, url):
    assert said(url) == []
    done = CliRunner().invoke(migrate, ["--check", url])
    assert (done.exit_code, done.stdout) == (0, "clear: no build would wait or fail now\n"), done.output


def test_writers_snapshots_and_prepared_transactions_are_waited_for(server, tmp_path):
    with Server(embedded_binaries(), {"max_prepared_transactions": "2"}) as own, own.connect() as admin:
        admin.execute("CREATE TABLE events (id int); INSERT INTO events VALUES (1)")
        with own.connect(autocommit=False) as preparing:
            preparing.execute("INSERT INTO events VALUES (2)")
            preparing.execute("PREPARE TRANSACTION 'lost one'")
            preparing.rollback()
        with own.connect(autocommit=False) as writer, own.connect(autocommit=False) as reader:
            writer.execute("SET application_name = 'nightly job'")
            writer.execute("UPDATE events SET id = 3")
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.execute("SELECT FROM events")
            found = said(own.url())
            assert {level for level, _ in found} == {"wait"}
            told = "\n".join(what for _, what in found)
            assert (
                f"session {writer.info.backend_pid} (nightly job, idle in transaction) writes to public.events" in told
            )
            assert f"session {reader.info.backend_pid} " in told and "holds a snapshot" in told
            assert "prepared transaction lost one of postgres" in told
            done = CliRunner().invoke(migrate, ["--check", own.url()])
            assert done.exit_code == 1 and "do: COMMIT PREPARED 'lost one'" in done.stdout, done.output
            writer.rollback()
            reader.rollback()
        admin.execute("ROLLBACK PREPARED 'lost one'")
        assert said(own.url()) == []


def test_a_running_build_is_waited_for_and_is_no_leftover(building, url):
    found = said(url)
    assert any("runs CREATE INDEX CONCURRENTLY on public.events: waiting for writers" in what for _, what in found), (
        found
    )
    assert not any("INVALID" in what for _, what in found)


def test_a_leftover_is_named_with_its_remedy(events, url):
    events.execute("CREATE UNIQUE INDEX ix_left ON events (id)")
    events.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_left'::regclass")
    [left_behind] = preflight(url)
    assert left_behind.level == "note" and "INVALID index public.ix_left on public.events" in left_behind.what
    assert left_behind.do == "DROP INDEX CONCURRENTLY public.ix_left"
    ours = proposal(definition("events", "id"), name="ix_left")
    assert "the revision removes it" in {one.do for one in preflight(url, [ours])}


def test_duplicates_stop_a_unique_build_and_nulls_do_not(events, url):
    doubled = proposal(definition("events", "kind", unique=True))
    [stop] = [one for one in preflight(url, [doubled]) if one.level == "stop"]
    assert "public.events holds duplicates of (kind)" in stop.what
    single = proposal(definition("events", "id", IndexKey("lower(kind)"), unique=True, where="kind <> 'k1'"))
    assert [one for one in preflight(url, [single]) if one.level == "stop"] == []
    events.execute("UPDATE events SET kind = NULL")
    assert [one for one in preflight(url, [doubled]) if one.level == "stop"] == []


def test_the_disk_a_build_needs_is_told_and_compared_with_what_is_free(events, url):
    wanted = proposal(definition("events", "kind"))
    [(level, what)] = said(url, wanted)
    assert level == "note" and "needed: 240 kB of indexes" in what and "to sort; free: " in what
    from dataclasses import replace

    from advisor.catalog.index import IndexSize

    huge = replace(wanted, size=IndexSize(1e12, 10**15, 5))
    [(level, _)] = said(url, huge)
    assert level == "stop"


def test_versions_whose_concurrent_builds_lose_rows_are_named():
    known = {version: [one.what for one in version_obstacles(version)] for version in
             (130004, 130005, 140000, 140003, 140004, 150000, 180006)}  # fmt: skip
    assert {version for version, found in known.items() if found} == {130004, 140000, 140003}
    assert len(known[140000]) == 2 and "PostgreSQL 14.3" in known[140003][0] and "14.4" in known[140003][0]


def test_a_report_says_what_is_built(events, url, tmp_path):
    path = tmp_path / "report.json"
    advice = Advice((proposal(definition("events", "kind", unique=True)),))
    path.write_text(render(Report(Workload(()), advice, ()), "json"))
    done = CliRunner().invoke(migrate, [str(path), "--check", url])
    assert done.exit_code == 1 and "holds duplicates" in done.stdout, done.output


def test_a_watched_build_names_its_phase_and_whom_it_waits_for_and_ends(building, url):
    lines = watch(url, idle_seconds=0.5, every_seconds=0.05)
    first = next(lines)
    pid = building.info.backend_pid
    assert first.startswith("CREATE INDEX CONCURRENTLY ix_kind on public.events: 1 of 3, waits for writers, "), first
    assert f"1 waited for, now session {pid} (nightly job, idle in transaction" in first
    building.rollback()
    assert list(lines)[-1] == "CREATE INDEX CONCURRENTLY ix_kind on public.events: over"


def test_the_time_left_follows_the_rate_within_the_phase():
    begun = _Begun(BUILD.phase, 100.0, 0.05)
    assert left(begun, BUILD, 110.0) == pytest.approx(10 * 0.75 / 0.2)
    assert left(begun, BUILD, 101.0) is None, "too early to tell"
    assert line_of(BUILD, 37.5) == (
        "CREATE INDEX CONCURRENTLY ix on events: 1 of 3, builds, scanning table, 25%, about 38 s left in this phase"
    )


def test_a_server_that_is_not_there_is_one_clear_error():
    done = CliRunner().invoke(migrate, ["--check", "postgresql://nobody@127.0.0.1:1/x"])
    assert isinstance(done.exception, ServerError)
