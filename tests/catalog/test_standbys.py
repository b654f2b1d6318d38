"""An index that only a standby's queries use is not called unused: a real primary, a real standby that streams from it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.catalog.live.introspect import read_schema
from advisor.catalog.snapshot import Snapshot, load_snapshot, read_standby, save_snapshot, take_snapshot, with_standbys
from advisor.catalog.statistics import ColumnStatistics
from advisor.cli.main import advisor_group
from advisor.errors import SnapshotError
from advisor.indexes.choice.drops import removals
from advisor.indexes.index_options import AdviseOptions
from advisor.twin.servers.cluster import identity
from advisor.twin.servers.guard import Guard
from advisor.twin.servers.server import Server, embedded_binaries

TABLES = """
CREATE TABLE orders (id integer PRIMARY KEY, status text NOT NULL, placed integer NOT NULL, note text NOT NULL);
INSERT INTO orders SELECT i, 'open', i, 'note ' || i FROM generate_series(1, 20000) AS i;
CREATE INDEX orders_placed ON orders (placed);
CREATE INDEX orders_note ON orders (note);
ANALYZE orders;
"""


class Standby(Server):
    """A hot standby of a server, made by pg_basebackup."""

    def __init__(self, primary: Server) -> None:
        super().__init__(primary.binaries, {"primary_conninfo": f"{primary.conninfo()} application_name=standby"})
        self.primary = primary

    def fill(self, binaries: Path, guard: Guard) -> None:
        command = [binaries / "pg_basebackup", "-d", self.primary.conninfo(), "-D", self.data, "-c", "fast"]
        subprocess.run(command, check=True, cwd=self.folder, start_new_session=True, **identity())
        signal = self.data / "standby.signal"
        signal.touch()
        if owner := identity().get("user"):
            os.chown(signal, owner, -1)

    def catch_up(self) -> None:
        """Wait until all that the primary wrote is there."""
        with self.primary.connect() as primary, self.connect() as standby:
            row = primary.execute("SELECT pg_current_wal_lsn()::text").fetchone()
            behind = "SELECT pg_last_wal_replay_lsn() < %s::pg_lsn"
            while standby.execute(behind, row).fetchone() != (False,):
                time.sleep(0.02)


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    with Server(embedded_binaries(), {"wal_level": "logical", "max_wal_senders": "6"}) as server:
        server.folder.chmod(0o711)  # the standby's user is another one
        with server.connect() as connection:
            connection.execute("CREATE DATABASE app")
            connection.execute("CREATE DATABASE other")
        with server.connect("app") as connection:
            connection.execute(TABLES)
        yield server


@pytest.fixture(scope="module")
def standby(primary: Server) -> Iterator[Server]:
    with Standby(primary) as server:
        server.catch_up()
        with server.connect("app") as connection:
            for number in range(3):
                connection.execute("SELECT id FROM orders WHERE note = %s", [f"note {number}"])
        yield server


@pytest.fixture(scope="module")
def snapshot(primary: Server, standby: Server) -> Snapshot:
    return take_snapshot(primary.url("app"))


def called_unused(primary: Server, snapshot: Snapshot) -> dict[str, str]:
    """Return the reasons of the drops, by index, as if the counters were ten days old."""
    captured = snapshot.statistics.captured
    assert captured is not None
    since = datetime.fromisoformat(captured) - timedelta(days=10)
    statistics = replace(snapshot.statistics, scans_since=since.isoformat())
    with primary.connect("app") as connection:
        schema = read_schema(connection)
    counted = {
        key: replace(table, indexes=tuple(
            replace(index, scans=statistics.index_activity[table.schema, index.name].scans) for index in table.indexes
        ))
        for key, table in schema.tables.items()
    }  # fmt: skip
    removal = removals(replace(schema, tables=counted), statistics, AdviseOptions(), frozenset())
    return {one.index.name: one.reason for one in removal}


def _without_ends(snapshot: Snapshot) -> dict[tuple[str, str, str], ColumnStatistics]:
    """Return the columns' statistics; real ends are looked up only in indexes that the server itself has scanned."""
    return {key: replace(column, low=None, high=None) for key, column in snapshot.statistics.columns.items()}


def test_nothing_is_called_unused_while_a_standby_is_not_counted(primary: Server, snapshot: Snapshot) -> None:
    assert (snapshot.statistics.streaming, snapshot.statistics.uncounted) == (1, 1)
    assert any("add --standby URL" in note for note in snapshot.notes)
    assert called_unused(primary, snapshot) == {}


def test_with_the_standby_counted_only_what_nobody_reads_is_unused(
    primary: Server, standby: Server, snapshot: Snapshot
) -> None:
    counted = with_standbys(snapshot, [("standby", read_standby(standby.url("app")))])
    assert counted.statistics.index_activity["public", "orders_note"].scans == 3
    assert counted.statistics.index_activity["public", "orders_note"].last_scan is not None
    assert not any("--standby" in note for note in counted.notes)
    assert called_unused(primary, counted) == {
        "orders_placed": "unused: no scan on this server or its standby in the 10 days of the statistics window"
    }


def test_without_a_standby_both_are_unused(primary: Server, snapshot: Snapshot) -> None:
    alone = replace(snapshot, statistics=replace(snapshot.statistics, streaming=0))
    reasons = called_unused(primary, alone)
    assert sorted(reasons) == ["orders_note", "orders_placed"]
    assert all("no standby streamed from this server" in reason for reason in reasons.values())


def test_the_command_adds_standbys_by_url_and_by_folder(
    primary: Server, standby: Server, snapshot: Snapshot, tmp_path: Path
) -> None:
    runs = CliRunner()
    save_snapshot(take_snapshot(standby.url("app")), tmp_path / "standby")
    for given in (standby.url("app"), str(tmp_path / "standby")):
        done = runs.invoke(
            advisor_group,
            ["--isolated", "snapshot", primary.url("app"), "--standby", given, "-o", str(tmp_path / "both")],
        )
        assert done.exit_code == 0, done.output
        read = load_snapshot(tmp_path / "both").statistics
        assert (read.standbys, read.streaming, read.uncounted) == (1, 1, 0)
        assert read.index_activity["public", "orders_note"].scans >= 3


def test_a_snapshot_of_a_standby_says_that_it_counts_its_own_reads_only(
    primary: Server, standby: Server, snapshot: Snapshot
) -> None:
    taken = take_snapshot(standby.url("app"))
    assert _without_ends(taken) == _without_ends(snapshot)
    assert any(note.startswith("taken from a standby") for note in taken.notes)
    assert called_unused(primary, taken) == {}
    with pytest.raises(SnapshotError, match="taken from a standby"):
        with_standbys(taken, [("standby", taken.statistics)])


def test_what_is_no_standby_of_this_database_is_refused(primary: Server, standby: Server, snapshot: Snapshot) -> None:
    with pytest.raises(SnapshotError, match="no standby"):
        with_standbys(snapshot, [("primary", read_standby(primary.url("app")))])
    with pytest.raises(SnapshotError, match="none of the primary's indexes"):
        with_standbys(snapshot, [("standby", read_standby(standby.url("other")))])


def test_an_index_that_the_standby_does_not_have_yet_is_named(
    primary: Server, standby: Server, snapshot: Snapshot
) -> None:
    with standby.connect("app") as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
    try:
        with primary.connect("app") as connection:
            connection.execute("CREATE INDEX orders_status ON orders (status)")
        counted = with_standbys(take_snapshot(primary.url("app")), [("db2", read_standby(standby.url("app")))])
    finally:
        with standby.connect("app") as connection, primary.connect("app") as writer:
            connection.execute("SELECT pg_wal_replay_resume()")
            writer.execute("DROP INDEX orders_status")
    assert any(note.startswith("db2 does not have") and "public.orders_status" in note for note in counted.notes)


def test_counters_that_were_never_reset_count_from_when_the_server_was_made(primary: Server) -> None:
    with primary.connect("app") as connection:
        reset = connection.execute("SELECT stats_reset FROM pg_stat_database WHERE datname = 'app'").fetchone()
        made = connection.execute("SELECT stats_reset FROM pg_stat_bgwriter").fetchone()
    assert made is not None and made[0] is not None
    assert reset == (None,)
    statistics = take_snapshot(primary.url("app")).statistics
    assert statistics.since is None
    assert statistics.scans_since is not None and datetime.fromisoformat(statistics.scans_since) == made[0]


@pytest.mark.parametrize(
    "receiver",
    [
        ["pg_receivewal", "-D", "{folder}", "-s", "1"],
        ["pg_recvlogical", "--start", "--slot", "subscriber", "-f", "-", "-o", "proto_version=1",
         "-o", "publication_names=all_of_it"],
    ],
    ids=lambda receiver: receiver[0],
)  # fmt: skip
def test_an_archive_of_wal_and_a_logical_subscriber_are_no_standbys(
    primary: Server, standby: Server, receiver: list[str], tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    program, *arguments = (part.format(folder=tmp_path) for part in receiver)
    with primary.connect("app") as connection:
        if program == "pg_recvlogical":
            connection.execute("CREATE PUBLICATION all_of_it FOR ALL TABLES")
            connection.execute("SELECT pg_create_logical_replication_slot('subscriber', 'pgoutput')")
        with subprocess.Popen(
            [primary.binaries / program, "-d", primary.conninfo("app"), *arguments], stdout=subprocess.DEVNULL
        ) as process:
            try:
                streams = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
                deadline = time.monotonic() + 20
                while connection.execute(streams).fetchone() != (2,) and time.monotonic() < deadline:
                    time.sleep(0.05)
                assert connection.execute(streams).fetchone() == (2,)
                assert take_snapshot(primary.url("app")).statistics.streaming == 1
            finally:
                process.kill()
