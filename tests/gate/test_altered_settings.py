"""What a revision sets for a role, a database or a column's statistics counts, and is named: with the whole command."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.twin.servers.server import Server
from tests.gate.test_definitions import after, run

TABLE = """
CREATE TABLE events (id int PRIMARY KEY, kind text NOT NULL);
INSERT INTO events SELECT n, 'Kind' || n FROM generate_series(1, 60000) n;
CREATE INDEX ix_kind ON events (kind);
"""
SLOW = "{} SET random_page_cost = 900; {} SET enable_bitmapscan = off"


@pytest.fixture
def team(server: Server, database: str, connection: psycopg.Connection, tmp_path: Path) -> Path:
    connection.execute("DROP ROLE IF EXISTS events_app; CREATE ROLE events_app LOGIN")
    connection.execute(f"ALTER DATABASE {database} OWNER TO events_app; SET ROLE events_app")
    connection.execute("RESET ROLE; GRANT ALL ON SCHEMA public TO events_app; SET ROLE events_app")
    connection.execute(TABLE)
    connection.execute("RESET ROLE")
    connection.execute("VACUUM ANALYZE events")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    (tmp_path / "q.sql").write_text("SELECT id FROM events WHERE kind = 'Kind77';\n")
    assert run(tmp_path, tmp_path / "q.sql", "--update-baseline").exit_code == 0
    return tmp_path


def test_settings_of_the_role_and_of_the_database_by_its_name_are_blamed(
    team: Path, tmp_path: Path, database: str
) -> None:
    whose = ("ALTER ROLE events_app", f"ALTER ROLE events_app IN DATABASE {database}", f"ALTER DATABASE {database}")
    for number, one in enumerate(whose):
        done = after(team, tmp_path / f"bad{number}", SLOW.format(one, one))
        assert done.exit_code == 1, (one, done.output)
        assert "a setting changed: random_page_cost was" in done.stdout and "is 900" in done.stdout
        assert "by     revision 0001" in done.stdout and "made on the twin" not in done.stderr


def test_those_that_change_no_plan_pass(team: Path, tmp_path: Path) -> None:
    body = "ALTER ROLE events_app SET statement_timeout = '1ms'; ALTER ROLE events_app SET work_mem = '64MB'"
    done = after(team, tmp_path / "good", body)
    assert done.exit_code == 0 and "passed: 1 queries checked, 0 failed" in done.stdout, done.output


def test_a_number_of_distinct_values_is_planned_with(team: Path, tmp_path: Path) -> None:
    done = after(team, tmp_path / "bad", "ALTER TABLE events ALTER kind SET (n_distinct = 2)")
    assert done.exit_code == 1 and "n_distinct of events.kind was set" in done.stdout, done.output
    assert "by     revision 0001" in done.stdout
