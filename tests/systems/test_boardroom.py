"""The boardroom system: its data are what its plan asks for, and its driver does what its name says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from advisor.twin.servers.server import Server
from tests.systems.observe import SYSTEMS, load_driver, seed

SYSTEM = SYSTEMS / "boardroom"
TABLES = ["users", "boardrooms", "sessions", "threads", "messages", "tool_runs"]


@pytest.fixture(scope="module")
def boardroom(server: Server) -> Iterator[str]:
    """A database with the boardroom system loaded."""
    with server.connect() as connection:
        connection.execute("CREATE DATABASE boardroom_system")
    seed(server, "boardroom_system", SYSTEM)
    yield "boardroom_system"
    with server.connect() as connection:
        connection.execute("DROP DATABASE boardroom_system WITH (FORCE)")


@pytest.fixture
def rows(server: Server, boardroom: str) -> Iterator[psycopg.Connection]:
    with server.connect(boardroom) as connection:
        yield connection


def count(connection: psycopg.Connection, statement: str) -> int:
    found = connection.execute(statement).fetchone()  # type: ignore[call-overload]
    assert found
    return int(found[0])


def test_every_table_holds_ten_thousand_rows_and_messages_half_a_million(rows: psycopg.Connection) -> None:
    for table in TABLES:
        assert count(rows, f"SELECT count(*) FROM {table}") >= 10_000, table
    assert count(rows, "SELECT count(*) FROM messages") >= 500_000


def test_every_foreign_key_holds_although_the_seed_did_not_check_them(rows: psycopg.Connection) -> None:
    keys = rows.execute(
        """SELECT conrelid::regclass::text, a.attname, confrelid::regclass::text
           FROM pg_constraint JOIN pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = conkey[1]
           WHERE contype = 'f'"""
    ).fetchall()
    assert len(keys) == 7
    for table, column, referenced in keys:
        names = [sql.Identifier(name) for name in (table, referenced, column)]
        orphan = sql.SQL(
            "SELECT count(*) FROM {} AS c LEFT JOIN {} AS p ON p.id = c.{} WHERE p.id IS NULL AND c.{} IS NOT NULL"
        ).format(names[0], names[1], names[2], names[2])
        assert count(rows, orphan.as_string()) == 0, (table, column)


def test_the_data_are_skewed_and_written_in_order_of_time(rows: psycopg.Connection) -> None:
    busiest = count(rows, "SELECT count(*) FROM sessions GROUP BY user_id ORDER BY 1 DESC LIMIT 1")
    assert busiest > 60_000 * 0.05
    assert count(rows, "SELECT count(*) FROM messages WHERE is_read IS false") < 5_000
    assert count(rows, "SELECT count(*) FROM tool_runs WHERE status = 'pending'") < 2_000
    for table in ("sessions", "threads", "messages"):
        correlation = rows.execute(
            "SELECT correlation FROM pg_stats WHERE tablename = %s AND attname = 'created_at'", (table,)
        ).fetchone()
        assert correlation and correlation[0] > 0.95, table


def test_index_only_scans_are_possible_at_once(rows: psycopg.Connection) -> None:
    for table in TABLES:
        visible = rows.execute(
            "SELECT relallvisible::float / relpages FROM pg_class WHERE relname = %s", (table,)
        ).fetchone()
        assert visible and visible[0] > 0.95, table


def test_the_seed_makes_the_same_rows_wherever_it_runs(rows: psycopg.Connection) -> None:
    """The expected digest was computed once on PostgreSQL 18 and must come out on every version and machine."""
    digest = rows.execute(
        """SELECT md5(string_agg(md5(t::text), '' ORDER BY id)) FROM
           (SELECT id, thread_id, user_id, role, token_count, is_read, created_at AT TIME ZONE 'UTC'
            FROM messages WHERE id % 100 = 0 AND id < 580000) AS t"""
    ).fetchone()
    assert digest == ("7511fcf7e92dfc3ab0674a85bb2ef5b0",)


def test_the_driver_makes_the_same_requests_from_the_same_seed(server: Server, boardroom: str) -> None:
    driver = load_driver(SYSTEM)
    first = driver.run(server.url(boardroom), 40, 7)
    again = driver.run(server.url(boardroom), 40, 7, connections=3)
    assert first == again
    assert sum(first.values()) == 40
    assert {"home", "overview", "panel"} <= set(first)


def test_the_models_agree_with_the_schema(server: Server, boardroom: str, rows: psycopg.Connection) -> None:
    models = load_driver(SYSTEM).Base.metadata.tables
    assert sorted(models) == sorted(TABLES)
    for name, model in models.items():
        columns = rows.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum", (name,)
        ).fetchall()
        assert [column.name for column in model.columns] == [column for (column,) in columns]


def test_expectations_name_tables_that_exist() -> None:
    expected = tomllib.loads((SYSTEM / "expected.toml").read_text())
    assert any(index["appears"] for index in expected["index"])
    assert any(not index["appears"] for index in expected["index"])
    assert {index["table"] for index in expected["index"]} <= set(TABLES)
