"""A snapshot carries what decides how each role's queries are planned: by the command and by psql alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.catalog.roles import Membership, Role
from advisor.catalog.snapshot import Override, Snapshot, load_snapshot, redacted, save_snapshot, take_snapshot
from advisor.twin.servers.server import Server
from tests.catalog.test_export import comparable, export

SETUP = """
CREATE ROLE clerks; CREATE ROLE keeper NOLOGIN; CREATE ROLE auditor LOGIN BYPASSRLS PASSWORD 'hunter2';
CREATE ROLE web LOGIN PASSWORD 'hunter2' IN ROLE clerks; CREATE ROLE reporter LOGIN NOINHERIT IN ROLE clerks;
CREATE SCHEMA ledger; CREATE SCHEMA core;
CREATE TABLE ledger.entries (id int PRIMARY KEY, owner text, placed date);
CREATE VIEW core.mine AS SELECT * FROM ledger.entries;
ALTER TABLE ledger.entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ledger.entries TO clerks USING (owner = current_setting('app.who'));
ALTER TABLE ledger.entries OWNER TO keeper; ALTER VIEW core.mine OWNER TO auditor;
ALTER ROLE web SET search_path = ledger, "$user", core;
ALTER ROLE web SET work_mem = '7MB'; ALTER ROLE ALL SET enable_sort = off;
ALTER ROLE web SET app.who = 'web'; ALTER ROLE web SET app.jwt_secret = 'hunter2'; ALTER ROLE web SET app.other = 'hunter2';
"""
PER_DATABASE = """
ALTER ROLE web IN DATABASE roles SET work_mem = '9MB';
ALTER DATABASE roles SET work_mem = '8MB'; ALTER DATABASE roles SET DateStyle = 'SQL, DMY';
ALTER DATABASE roles SET default_text_search_config = 'pg_catalog.german'; ALTER DATABASE roles SET IntervalStyle = iso_8601;
ALTER DATABASE roles SET search_path = core, public; ALTER ROLE postgres SET work_mem = '1GB';
ALTER ROLE postgres SET search_path = ledger;
ALTER TABLESPACE pg_default SET (random_page_cost = 1.5, effective_io_concurrency = 32);
"""
UNDO = """
ALTER ROLE ALL RESET enable_sort; ALTER ROLE postgres RESET work_mem; ALTER ROLE postgres RESET search_path;
ALTER TABLESPACE pg_default RESET (random_page_cost, effective_io_concurrency);
"""


@pytest.fixture(scope="module")
def guarded(shop: Server) -> Iterator[Server]:
    """A server with roles, policies and settings of every scope."""
    with shop.connect() as connection:
        connection.execute("CREATE DATABASE roles")
    with shop.connect("roles") as connection:
        connection.execute(SETUP.encode())
        for statement in filter(str.strip, PER_DATABASE.split(";")):
            connection.execute(statement.encode())
    yield shop
    with shop.connect() as connection:
        for statement in filter(str.strip, UNDO.split(";")):
            connection.execute(statement.encode())
        connection.execute("DROP DATABASE roles WITH (FORCE)")
        for name in ("web", "reporter", "auditor", "keeper", "clerks"):
            connection.execute(f"DROP ROLE {name}".encode())


@pytest.fixture(scope="module")
def snapshot(guarded: Server) -> Snapshot:
    return take_snapshot(guarded.url("roles"))


def test_roles_and_owners_are_carried_without_passwords(snapshot: Snapshot, tmp_path: Path) -> None:
    assert snapshot.role("auditor") == Role("auditor", True)
    assert snapshot.role("postgres") == Role("postgres", True)
    assert snapshot.role("web") == Role("web", False, (Membership("clerks"),))
    reporter = snapshot.role("reporter")
    assert reporter and reporter.member_of[0].inherit is False
    assert not any(role.name.startswith("pg_") for role in snapshot.roles)
    assert snapshot.owners == {("core", "mine"): "auditor", ("ledger", "entries"): "keeper"}
    assert snapshot.owner == "keeper"
    save_snapshot(snapshot, tmp_path)
    assert load_snapshot(tmp_path) == snapshot
    assert not any(b"hunter2" in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("role", "name", "value"),
    [
        ("web", "work_mem", "9MB"),
        ("reporter", "work_mem", "8MB"),
        (None, "work_mem", "8MB"),
        ("postgres", "work_mem", "1GB"),
        ("web", "enable_sort", "off"),
        ("web", "datestyle", "SQL, DMY"),
        ("web", "IntervalStyle", "iso_8601"),
        ("web", "default_text_search_config", "pg_catalog.german"),
        ("web", "app.who", "web"),
        ("web", "app.other", None),
    ],
)
def test_the_nearest_scope_decides_a_setting(
    snapshot: Snapshot, guarded: Server, role: str | None, name: str, value: str | None
) -> None:
    assert snapshot.setting_of(name, role) == value
    if role in ("web", "reporter") and value is not None:
        import psycopg

        session = psycopg.conninfo.make_conninfo(guarded.conninfo("roles"), user=role, password="hunter2")
        with psycopg.connect(session) as connection:
            assert connection.execute("SELECT current_setting(%s)", (name,)).fetchone() == (value,)


def test_the_path_of_a_role_names_its_own_schema(snapshot: Snapshot) -> None:
    assert snapshot.search_path_of("web") == ("ledger", "web", "core")
    assert snapshot.search_path_of("reporter") == snapshot.search_path_of(None) == ("core", "public")


def test_the_settings_of_a_tablespace_are_carried(snapshot: Snapshot) -> None:
    (found,) = snapshot.tablespaces
    assert (found.name, found.database_default) == ("pg_default", True)
    assert found.settings == {"effective_io_concurrency": "32", "random_page_cost": "1.5"}


def test_psql_writes_the_same_roles(guarded: Server, snapshot: Snapshot, tmp_path: Path) -> None:
    export(guarded, "roles", tmp_path)
    assert comparable(load_snapshot(tmp_path)) == comparable(snapshot)


def test_redaction_leaves_out_what_an_application_sets(snapshot: Snapshot) -> None:
    kept = redacted(snapshot).overrides
    assert Override("roles", "web", "work_mem", "9MB") in kept
    assert not any("." in one.name for one in kept)


def test_a_folder_of_an_older_version_has_no_roles(snapshot: Snapshot, tmp_path: Path) -> None:
    import orjson

    save_snapshot(replace(snapshot, settings={}), tmp_path)
    facts = orjson.loads((tmp_path / "snapshot.json").read_bytes())
    for name in ("roles", "owner", "owners", "tablespaces"):
        del facts[name]
    (tmp_path / "snapshot.json").write_bytes(orjson.dumps(facts))
    older = load_snapshot(tmp_path)
    assert older.roles == () and older.owners == {} and older.tablespaces == ()
    assert older.search_path_of("web") == ("ledger", "web", "core")


def test_hidden_statistics_are_named_with_the_right_that_shows_them(guarded: Server) -> None:
    with guarded.connect("roles") as connection:
        connection.execute("CREATE TABLE ledger.closed (id int)")
        connection.execute("GRANT USAGE ON SCHEMA ledger, core TO reporter")
        connection.execute("GRANT SELECT ON ledger.entries TO reporter")
        url = guarded.url("roles").replace("postgres@", "reporter:hunter2@")
        from advisor.capture.read_only_session import read_only_session
        from advisor.catalog.snapshots.snapshot_facts import _hidden_columns
        from advisor.catalog.snapshots.take import _facts

        with read_only_session(url) as session:
            session.execute("SET LOCAL search_path = pg_catalog")
            notes = _hidden_columns(_facts(session, "{}"))
        connection.execute("DROP TABLE ledger.closed")
    assert [note for note in notes if "pg_read_all_data (14+)" in note and "ledger.closed" in note]
    assert [note for note in notes if "BYPASSRLS" in note and "ledger.entries" in note]
