"""A snapshot holds what the twin needs, comes back from its folder unchanged, and harms nobody on the way."""

from __future__ import annotations

import contextlib
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.index import Index
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.catalog.snapshot import (
    Override,
    Snapshot,
    completed,
    load_snapshot,
    measured,
    save_snapshot,
    snapshot_from_files,
    take_snapshot,
)
from advisor.catalog.snapshots.pg_dump import clean_schema, dump_schema, pg_dump_program
from advisor.catalog.statistics import ColumnStatistics
from advisor.twin.servers.server import Server

_RANGES = ("range_length_histogram", "range_empty_frac", "range_bounds_histogram")


@pytest.fixture(scope="session")
def snapshot(shop: Server) -> Snapshot:
    with shop.connect("shop") as connection:
        connection.execute("ALTER DATABASE shop SET random_page_cost = 1.3")
        connection.execute("DROP ROLE IF EXISTS app; CREATE ROLE app")
        connection.execute('ALTER ROLE app SET search_path = crm, "$user", public')
        connection.execute("CREATE TABLE crm.alembic_version AS SELECT 'a1b2'::text AS version_num")
    return take_snapshot(shop.url("shop"))


def test_a_snapshot_says_what_the_server_is_and_how_it_plans(snapshot: Snapshot, shop: Server) -> None:
    with shop.connect("shop") as connection:
        assert snapshot.server_version == connection.info.server_version
        still = read_statistics(connection)
        assert snapshot.statistics == replace(
            still, captured=snapshot.captured, activity=snapshot.statistics.activity,
            index_activity=snapshot.statistics.index_activity,
        )  # fmt: skip
        assert snapshot.statistics.activity["crm", "customers"].inserts == 5000
        for name, value in snapshot.settings.items():
            shown = connection.execute(f"SHOW {name}".encode()).fetchone()
            assert name == "TimeZone" or shown == (value,)
    assert snapshot.settings["random_page_cost"] == "1.3"
    assert {"work_mem", "enable_seqscan", "jit", "geqo", "plan_cache_mode"} <= set(snapshot.settings)
    assert (snapshot.database, snapshot.encoding, snapshot.ctype) == ("shop", "UTF8", "C.UTF-8")
    assert snapshot.alembic_version == ("a1b2",)
    assert Override(None, "app", "search_path", 'crm, "$user", public') in snapshot.overrides
    assert snapshot.search_path_of("app") == ("crm", "app", "public")
    assert snapshot.search_path_of("other") == ("other", "public") and snapshot.search_path == ("public",)


def test_the_schema_of_a_snapshot_restores_to_the_same_schema(snapshot: Snapshot, shop: Server) -> None:
    with shop.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS again")
        connection.execute("CREATE DATABASE again")
    with shop.connect("again") as connection:
        connection.execute(snapshot.schema_sql.encode())
        found = measured(read_schema(connection), snapshot.statistics)
    with shop.connect("shop") as connection:
        expected = read_schema(connection)
    assert {key for key in found.tables if key[0] == "crm"} == {key for key in expected.tables if key[0] == "crm"}
    for key, table in found.tables.items():
        assert table.columns == expected.tables[key].columns
        assert _without_use(table.indexes) == _without_use(expected.tables[key].indexes)


def _without_use(indexes: tuple[Index, ...]) -> list[Index]:
    return [replace(index, scans=None, last_scan=None) for index in indexes]


def test_a_folder_gives_the_snapshot_back_and_only_its_owner_may_read_it(snapshot: Snapshot, tmp_path: Path) -> None:
    for name in ("first", "second"):
        save_snapshot(snapshot, tmp_path / name)
    assert load_snapshot(tmp_path / "first") == snapshot
    files = sorted((tmp_path / "first").iterdir())
    assert {"schema.sql", "settings.json", "snapshot.json", "statistics.jsonl"} <= {file.name for file in files}
    for file in files:
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "first").stat().st_mode) == 0o700


def test_the_statistics_that_pg_dump_writes_are_the_same(snapshot: Snapshot, shop: Server, tmp_path: Path) -> None:
    save_snapshot(snapshot, tmp_path)
    command = [str(pg_dump_program()), "--statistics-only", "-f", str(tmp_path / "dump.sql"), shop.url("shop")]
    subprocess.run(command, check=True)
    dumped = snapshot_from_files(tmp_path / "schema.sql", tmp_path / "dump.sql")
    assert dumped.server_version == snapshot.server_version
    with shop.connect("shop") as connection:
        statistics = completed(dumped.statistics, read_schema(connection))
    assert statistics.columns == _as_dumped(snapshot)
    assert statistics.inherited == snapshot.statistics.inherited
    assert statistics.relations == {
        key: replace(
            relation, pages=max(relation.recorded_pages or 0, 0), table=None, gin=None, brin_revmap_pages=None, oid=None
        )
        for key, relation in snapshot.statistics.relations.items()
    }
    exported = snapshot_from_files(tmp_path / "schema.sql", tmp_path / "statistics.jsonl")
    assert exported.statistics == snapshot.statistics


def _as_dumped(snapshot: Snapshot) -> dict[tuple[str, str, str], ColumnStatistics]:
    """Return the columns without what pg_dump does not write: real ends, and ranges of servers before 17."""
    unknown = ("low", "high", *(_RANGES if snapshot.major < 17 else ()))
    return {key: replace(entry, **dict.fromkeys(unknown)) for key, entry in snapshot.statistics.columns.items()}


def test_nothing_is_written_while_a_snapshot_is_taken(shop: Server) -> None:
    with shop.connect("shop") as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS public.written")
        connection.execute(
            "CREATE OR REPLACE FUNCTION public.format(text, name, name) RETURNS text LANGUAGE sql"
            " AS $$ SELECT nextval('public.written')::text $$"
        )
        take_snapshot(shop.url("shop"))
        assert connection.execute("SELECT is_called FROM public.written").fetchone() == (False,)
        connection.execute("DROP FUNCTION public.format; DROP SEQUENCE public.written")


def test_credentials_of_foreign_servers_stay_out_of_the_schema(connection: psycopg.Connection, server: Server) -> None:
    connection.execute(
        "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;"
        "CREATE USER MAPPING FOR postgres SERVER far OPTIONS (user 'u', password 'hunter2;'); CREATE TABLE zz ()"
    )
    schema = take_snapshot(server.url(connection.info.dbname)).schema_sql
    assert "hunter2" not in schema and "CREATE SERVER far" in schema and "CREATE TABLE public.zz" in schema


def test_extended_statistics_that_are_left_behind_are_counted(
    connection: psycopg.Connection, server: Server, tmp_path: Path
) -> None:
    connection.execute("CREATE TABLE t (a integer, b integer); CREATE STATISTICS s (ndistinct) ON a, b FROM t")
    snapshot = take_snapshot(server.url(connection.info.dbname))
    save_snapshot(snapshot, tmp_path)
    for notes in (snapshot.notes, snapshot_from_files(tmp_path / "schema.sql").notes):
        assert any("data of 1 extended statistics" in note for note in notes)


def test_psql_meta_commands_of_a_dump_are_left_out() -> None:
    dump = "--\n-- x\n--\n\n\\restrict abc\n\nCREATE TABLE t ();\n\n\\unrestrict abc\n\n"
    assert clean_schema(dump) == "--\n-- x\n--\n\nCREATE TABLE t ();\n\n"


def test_a_table_with_data_that_was_never_analysed_is_named(connection: psycopg.Connection, server: Server) -> None:
    connection.execute(
        "CREATE TABLE empty (n integer PRIMARY KEY); CREATE TABLE alembic_version AS SELECT '1' AS version_num;"
        "CREATE TABLE fresh (n integer PRIMARY KEY); INSERT INTO fresh SELECT generate_series(1, 1000)"
    )
    notes = [note for note in take_snapshot(server.url(connection.info.dbname)).notes if "never analysed" in note]
    assert notes == [
        "never analysed, so plans on them are guesses: public.fresh; run ANALYZE and take the snapshot again"
    ]


def process_list() -> list[str]:
    """Return the command lines of all processes, from /proc or, where there is none, from ps."""
    if not Path("/proc/self/cmdline").exists():
        return subprocess.run(
            ["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            lines.append(file.read_text(errors="replace").replace("\0", " "))
    return lines


def test_the_password_is_in_no_process_list(connection: psycopg.Connection, server: Server, tmp_path: Path) -> None:
    connection.execute("CREATE TABLE held (n integer)")
    database = connection.info.dbname
    url = f"postgresql://postgres:hunter2@/{database}?host={server.folder}&port=5432"
    with server.connect(database, autocommit=False) as blocker, ThreadPoolExecutor(1) as pool:
        blocker.execute("LOCK TABLE held")
        dump = pool.submit(dump_schema, url)  # pg_dump waits for the lock, so that it can be looked at
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        while connection.execute(waiting, (database,)).fetchone() == (0,) and not dump.done():
            pass
        listed = process_list()
        blocker.rollback()
        save_snapshot(replace(take_snapshot(url), schema_sql=dump.result()), tmp_path)
    assert any("pg_dump" in line and database in line for line in listed)
    assert not any("hunter2" in line for line in listed)
    assert all("hunter2" not in file.read_text() for file in tmp_path.iterdir())
