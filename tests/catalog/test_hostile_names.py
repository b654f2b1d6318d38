"""What a low role put into a schema before pg_catalog is never run by what reads production."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from advisor.capture.exports.activity import watch_activity
from advisor.capture.exports.live import read_live
from advisor.catalog.live.export_queries import export_folder
from advisor.catalog.snapshots.bounded_dump import run_pg_dump
from advisor.catalog.snapshots.pg_dump import pg_dump_program
from advisor.catalog.snapshots.take import take_snapshot
from advisor.errors import ServerError
from advisor.twin.servers.server import Server, embedded_binaries

OPERANDS = (
    "text, text",
    "name, text",
    "name, name",
    "oid, oid",
    "bool, bool",
    '"char", "char"',
    "int4, int4",
    "int8, int8",
)
HOSTILE = """
CREATE EXTENSION pg_stat_statements;
CREATE ROLE {role} LOGIN;
CREATE SCHEMA evil AUTHORIZATION {role};
SET ROLE {role};
SET search_path = evil, pg_catalog;
CREATE FUNCTION evil.fired() RETURNS pg_catalog.void LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'fired as %', current_user; END $$;
CREATE FUNCTION evil.now() RETURNS pg_catalog.timestamptz LANGUAGE sql AS 'SELECT evil.fired(); SELECT NULL::pg_catalog.timestamptz';
CREATE FUNCTION evil.format(pg_catalog.text, VARIADIC pg_catalog.text[]) RETURNS pg_catalog.text
  LANGUAGE sql AS 'SELECT evil.fired(); SELECT NULL::pg_catalog.text';
CREATE FUNCTION evil.holds(pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql
  AS $$ BEGIN PERFORM evil.fired(); RETURN true; END $$;
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.holds(VALUE));
CREATE TABLE evil.alembic_version (version_num pg_catalog.varchar);
INSERT INTO evil.alembic_version VALUES ('0001');
ALTER TABLE evil.alembic_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY peep ON evil.alembic_version USING (evil.holds(version_num));
GRANT USAGE ON SCHEMA evil TO PUBLIC;
GRANT SELECT ON evil.alembic_version TO PUBLIC;
"""
READER = "CREATE ROLE {role} LOGIN; GRANT pg_read_all_data, pg_read_all_stats TO {role}"


@pytest.fixture
def hostile(server: Server, database: str) -> str:
    """The connection string of a reader who is no superuser, in a database whose path begins with a low role's schema."""
    role, reader = f"low_{database}", f"reader_{database}"
    with server.connect(database) as connection:
        connection.execute(HOSTILE.format(role=role).encode())
        for number, operands in enumerate(OPERANDS):
            left, right = (f"pg_catalog.{kind.strip()}" for kind in operands.split(","))
            connection.execute(
                f"CREATE FUNCTION evil.same{number}({left}, {right}) RETURNS pg_catalog.bool LANGUAGE plpgsql"
                " AS $$ BEGIN PERFORM evil.fired(); RETURN true; END $$;"
                f"CREATE OPERATOR evil.= (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = evil.same{number})".encode()
            )
        connection.execute("RESET ROLE")
        connection.execute(READER.format(role=reader).encode())
        connection.execute(f"ALTER DATABASE {database} SET search_path = evil, pg_catalog, public".encode())
    return psycopg.conninfo.make_conninfo(server.conninfo(database), user=reader)


def test_the_trap_is_armed(hostile: str) -> None:
    with psycopg.connect(hostile) as connection, pytest.raises(psycopg.errors.RaiseException, match="fired as reader"):
        connection.execute("SELECT relname FROM pg_class WHERE relname = 'pg_class'::pg_catalog.name")


def test_capture_of_a_database_runs_nothing_of_it(hostile: str) -> None:
    assert read_live(hostile)


def test_watching_sessions_runs_nothing_of_it(hostile: str, server: Server, database: str) -> None:
    with server.connect(database) as other:
        other.execute("SELECT 42")
        assert any(row.text == "SELECT 42" for row in watch_activity(hostile, 0.1).rows)


def test_a_snapshot_runs_nothing_of_it_and_still_knows_the_path(hostile: str) -> None:
    snapshot = take_snapshot(hostile)
    assert snapshot.search_path[:2] == ("evil", "pg_catalog")
    assert snapshot.statistics.relations and snapshot.schema_sql and "POLICY peep" in snapshot.schema_sql


def test_the_psql_export_runs_nothing_of_it(hostile: str, tmp_path: Path) -> None:
    psql = embedded_binaries() / "psql"
    done = subprocess.run(
        [str(psql), "-X", "-q", "-d", hostile, "-f", str(export_folder() / "snapshot.sql")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "fired" not in done.stderr and done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "snapshot.json").read_text())["search_path"][:2] == ["evil", "pg_catalog"]


def test_a_statement_of_pg_dump_that_waits_is_cancelled_on_the_server(server: Server, database: str) -> None:
    """pg_dump turns lock and statement timeouts off; a view that a migration holds would stop it for ever."""
    parameters = psycopg.conninfo.conninfo_to_dict(server.conninfo(database))
    with server.connect(database) as connection, server.connect(database, autocommit=False) as holder:
        connection.execute("CREATE VIEW held AS SELECT 1 AS one")
        holder.execute("CREATE OR REPLACE VIEW held AS SELECT 1 AS one, 2 AS two")
        command = [str(pg_dump_program()), "--schema-only"]
        with pytest.raises(ServerError, match=r"a statement of pg_dump ran for more than 0\.5 s and was cancelled"):
            run_pg_dump(command, {}, parameters, statement_s=0.5)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'advisor pg_dump%'"
        for _ in range(100):
            if connection.execute(waiting).fetchone() == (0,):
                break
            time.sleep(0.1)
        assert connection.execute(waiting).fetchone() == (0,)
