"""Whatever is wrong with a server or a folder gets one message: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from advisor.catalog.snapshot import load_snapshot, save_snapshot, snapshot_from_files, take_snapshot
from advisor.errors import AdvisorError, ServerError, SnapshotError
from advisor.twin.servers.server import Server


def message(kind: type[AdvisorError], call: Callable[[], object]) -> str:
    """Return what the user reads; every error must say what to do."""
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.do
    return str(caught.value)


@pytest.fixture(scope="module")
def folder(shop: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("snapshot")
    save_snapshot(take_snapshot(shop.url("shop")), made)
    return made


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_a_dead_server_is_named_and_no_password_is_shown() -> None:
    found = message(ServerError, lambda: take_snapshot("postgresql://u:hunter2@127.0.0.1:9/shop"))
    assert "127.0.0.1:9/shop" in found and "server runs" in found and "hunter2" not in found


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@h:port/db", "hunter2", "mysql://u:hunter2@h/db"])
def test_what_is_no_url_is_refused_and_not_repeated(url: str) -> None:
    assert "hunter2" not in message(AdvisorError, lambda: take_snapshot(url))


def test_a_missing_database_and_a_missing_role_are_told_apart_from_a_dead_server(server: Server) -> None:
    assert "does not exist" in message(ServerError, lambda: take_snapshot(server.url("nowhere")))
    stranger = make_conninfo(server.conninfo(), user="nobody_at_all")
    assert "check the name" in message(ServerError, lambda: take_snapshot(stranger))


def test_a_wrong_password_says_so(server: Server) -> None:
    rules = server.data / "pg_hba.conf"
    before = rules.read_text()
    try:
        rules.write_text("local all guarded scram-sha-256\n" + before)
        with server.connect() as connection:
            connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'; SELECT pg_reload_conf()")
        with server.connect() as connection:  # a second connection is answered after the reload
            connection.execute("SELECT pg_sleep(0.2)")
        wrong = make_conninfo(server.conninfo(), user="guarded", password="hunter2")
        found = message(ServerError, lambda: take_snapshot(wrong))
        assert "password authentication failed" in found and "hunter2" not in found
    finally:
        rules.write_text(before)
        with server.connect() as connection:
            connection.execute("DROP ROLE guarded; SELECT pg_reload_conf()")


def test_a_role_that_may_not_read_the_tables_is_told_what_to_grant(shop: Server) -> None:
    with shop.connect("shop") as connection:
        connection.execute("DROP ROLE IF EXISTS visitor; CREATE ROLE visitor LOGIN")
    visitor = make_conninfo(shop.conninfo("shop"), user="visitor")
    assert "pg_read_all_data" in message(ServerError, lambda: take_snapshot(visitor))


def test_a_role_with_the_right_grants_needs_no_superuser(shop: Server) -> None:
    everything = take_snapshot(shop.url("shop"))
    with shop.connect("shop") as connection:
        connection.execute("CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA crm TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA crm TO reader")
    reader = take_snapshot(make_conninfo(shop.conninfo("shop"), user="reader"))
    hidden = everything.statistics.columns.keys() - reader.statistics.columns.keys()
    assert {key[:2] for key in hidden} == {("crm", "customers_lower")}
    assert any("hides the expressions of 1 indexes" in note for note in reader.notes)
    if everything.major >= 14:
        with shop.connect("shop") as connection:
            connection.execute("GRANT pg_read_all_data TO reader")
        reader = take_snapshot(make_conninfo(shop.conninfo("shop"), user="reader"))
        assert reader.statistics.columns.keys() == everything.statistics.columns.keys()


@pytest.mark.parametrize("name", ["schema.sql", "statistics.jsonl", "settings.json", "snapshot.json"])
def test_a_folder_that_lacks_a_file_names_it(broken: Path, name: str) -> None:
    (broken / name).unlink()
    assert f"lacks {name}" in message(SnapshotError, lambda: load_snapshot(broken))


@pytest.mark.parametrize("name", ["schema.sql", "statistics.jsonl", "settings.json", "snapshot.json"])
@pytest.mark.parametrize("keep", [0, 7, 300])
def test_a_file_cut_short_is_noticed(broken: Path, name: str, keep: int) -> None:
    path = broken / name
    path.write_bytes(path.read_bytes()[:keep])
    assert name in message(SnapshotError, lambda: load_snapshot(broken))


def test_an_unknown_format_version_is_refused(broken: Path) -> None:
    facts = broken / "snapshot.json"
    facts.write_text(facts.read_text().replace('"format": 1', '"format": 99'))
    assert "$.format: version 99; this pgadvisor reads 1" in message(SnapshotError, lambda: load_snapshot(broken))


def test_a_record_nobody_wrote_is_refused(broken: Path) -> None:
    path = broken / "statistics.jsonl"
    path.write_text('{"kind": "relation", "schema": "s"}\n' + path.read_text())
    assert "statistics.jsonl:1: $: lacks name" in message(SnapshotError, lambda: load_snapshot(broken))
    path.write_text('[1]\n{"kind": "end"}\n')
    message(SnapshotError, lambda: load_snapshot(broken))


def test_missing_folders_and_dumps_that_are_none(tmp_path: Path) -> None:
    assert "no such folder" in message(SnapshotError, lambda: load_snapshot(tmp_path / "none"))
    dump = tmp_path / "dump"
    dump.write_bytes(b"PGDMP\x01\x0e")
    assert "pg_restore" in message(SnapshotError, lambda: snapshot_from_files(dump))
    dump.write_text("hello")
    assert "no CREATE" in message(SnapshotError, lambda: snapshot_from_files(dump))
    dump.write_text("CREATE TABLE t ();")
    statistics = tmp_path / "statistics"
    statistics.write_text("a,b\n1,2\n")
    assert "not statistics" in message(SnapshotError, lambda: snapshot_from_files(dump, statistics))
    assert any("no statistics" in note for note in snapshot_from_files(dump).notes)
    message(SnapshotError, lambda: save_snapshot(snapshot_from_files(dump), dump / "under-a-file"))


def test_text_that_is_not_in_the_encoding_is_an_error_with_a_reason(server: Server) -> None:
    with server.connect() as connection:
        connection.execute("CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    try:
        with server.connect("bytes") as connection:
            connection.execute("SET client_encoding = 'SQL_ASCII'")
            connection.execute(b"CREATE TABLE t AS SELECT '\xff'::text AS x FROM generate_series(1, 100); ANALYZE t")
        assert "SQL_ASCII" in message(ServerError, lambda: take_snapshot(server.url("bytes")))
    finally:
        with server.connect() as connection:
            connection.execute("DROP DATABASE bytes WITH (FORCE)")
