"""Two or more exports of one server: what happened between them counts, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from advisor.capture.exports.export import StatementExport
from advisor.errors import InputError
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from advisor.workload.exports.export_rows import workload_of
from tests.exports.conftest import read, readings

QUERY = """
    SELECT now() AS captured_at, i.stats_reset, i.dealloc, s.*
    FROM pg_stat_statements s CROSS JOIN pg_stat_statements_info i
    WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY queryid
"""
PLAIN = QUERY.replace("now() AS captured_at, i.stats_reset, i.dealloc, ", "")


class Database:
    """A database whose statements we run and export."""

    def __init__(self, server: Server, name: str, connection: psycopg.Connection) -> None:
        self.server, self.name, self.connection = server, name, connection
        connection.execute("CREATE EXTENSION pg_stat_statements; CREATE TABLE item (id int PRIMARY KEY, name text)")
        self.reset()

    def run(self, **calls: int) -> None:
        texts = {"by_id": "SELECT * FROM item WHERE id = 1", "by_name": "SELECT * FROM item WHERE name = 'a'",
                 "count": "SELECT count(*) FROM item"}  # fmt: skip
        for name, times in calls.items():
            for _ in range(times):
                self.connection.execute(texts[name])

    def reset(self, what: str = "") -> None:
        self.connection.execute("SET pg_stat_statements.track = 'none'")
        self.connection.execute(f"SELECT pg_stat_statements_reset({what})")
        self.connection.execute("SET pg_stat_statements.track = 'top'")

    def print(self, query: str) -> bytes:
        quiet = ["-c", "SET pg_stat_statements.track = 'none'"]
        return self.server.run("psql", "-X", "-q", "--csv", "-d", self.name, *quiet, "-c", query).stdout.encode()

    def export(self, name: str, query: str = QUERY) -> StatementExport:
        return read(self.print(query), name)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own, since these tests reset its statistics."""
    with Server(embedded_binaries(), {"shared_preload_libraries": "pg_stat_statements"}) as running:
        yield running


@pytest.fixture
def shop(server: Server, database: str) -> Iterator[Database]:
    with server.connect(database) as connection:
        yield Database(server, database, connection)


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    with server.connect() as connection:
        connection.execute("CREATE DATABASE shop")
        yield "shop"
        connection.execute("DROP DATABASE shop WITH (FORCE)")


def calls(*exports: StatementExport) -> dict[str, float]:
    return {q.text: q.calls for q in workload_of(exports).queries if "item" in q.text}


BY_ID, BY_NAME, COUNT = (
    "SELECT * FROM item WHERE id = $1",
    "SELECT * FROM item WHERE name = $1",
    "SELECT count(*) FROM item",
)


@pytest.mark.parametrize("query", [QUERY, PLAIN], ids=["with times", "without times"])
@pytest.mark.parametrize("turned", [False, True], ids=["oldest first", "newest first"])
def test_what_ran_between_two_exports_counts(shop: Database, query: str, turned: bool) -> None:
    shop.run(by_id=5, by_name=2)
    first = shop.export("first", query)
    shop.run(by_id=3, count=4)
    second = shop.export("second", query)
    pair = (second, first) if turned else (first, second)
    assert calls(*pair) == {BY_ID: 3, COUNT: 4}
    workload = workload_of(pair)
    assert sum(q.total_ms for q in workload.queries) < sum(row.total_ms for row in second.rows)
    assert any("2 readings of one server" in note for note in workload.notes)


def test_the_time_between_exports_is_the_time_captured(shop: Database) -> None:
    shop.run(by_id=5)
    first = shop.export("first")
    shop.run(by_id=1)
    second = shop.export("second")
    workload = workload_of([first, second])
    assert (workload.begin, workload.end) == (first.captured, second.captured)


def test_three_exports_add_up(shop: Database) -> None:
    shop.run(by_id=5)
    exports = [shop.export("a")]
    for times in (2, 4):
        shop.run(by_id=times, count=1)
        exports.append(shop.export("more"))
    assert calls(*exports) == {BY_ID: 6, COUNT: 2}


def test_after_a_reset_the_new_counter_is_what_happened(shop: Database) -> None:
    shop.run(by_id=5, by_name=2)
    first = shop.export("first")
    shop.reset()
    shop.run(by_id=7, by_name=1)
    assert calls(first, shop.export("second")) == {BY_ID: 7, BY_NAME: 1}


def test_an_entry_that_was_reset_alone_counts_anew(shop: Database) -> None:
    shop.run(by_id=5, by_name=2, count=1)
    first = shop.export("first")
    (row,) = [row for row in first.rows if row.text == BY_ID]
    shop.reset(f"0, 0, {row.query_id}")
    shop.run(by_id=9, by_name=1)
    second = shop.export("second")
    assert calls(first, second) == {BY_ID: 9, BY_NAME: 1}
    assert any("1 counters were reset" in note for note in workload_of([first, second]).notes)


def test_entries_that_vanished_are_named(shop: Database) -> None:
    shop.run(by_id=5, by_name=2, count=1)
    first = shop.export("first")
    (row,) = [row for row in first.rows if row.text == COUNT]
    shop.reset(f"0, 0, {row.query_id}")
    shop.run(by_id=1)
    notes = workload_of([first, shop.export("second")]).notes
    assert any("1 entries vanished" in note for note in notes)


def test_the_same_export_given_twice_counts_once(shop: Database) -> None:
    shop.run(by_id=5, by_name=2)
    export = shop.export("first")
    assert calls(export, export) == calls(export) == {BY_ID: 5, BY_NAME: 2}


def test_several_readings_in_one_file_are_subtracted(shop: Database) -> None:
    shop.run(by_id=5)
    shop.connection.execute("SET pg_stat_statements.track = 'none'")
    shop.connection.execute(f"CREATE TABLE kept AS {QUERY}")
    shop.connection.execute("SET pg_stat_statements.track = 'top'")
    shop.run(by_id=2, count=1)
    shop.connection.execute("SET pg_stat_statements.track = 'none'")
    shop.connection.execute(f"INSERT INTO kept {QUERY}")
    done = shop.server.run("psql", "-X", "-q", "--csv", "-d", shop.name, "-c", "TABLE kept")
    assert calls(*readings(done.stdout.encode())) == {BY_ID: 2, COUNT: 1}


def test_exports_of_different_servers_add_up(shop: Database, server: Server) -> None:
    shop.run(by_id=5, by_name=2)
    first = shop.export("first")
    with server.connect() as connection:
        connection.execute("CREATE DATABASE elsewhere")
    try:
        with server.connect("elsewhere") as connection:
            other = Database(server, "elsewhere", connection)
            other.run(by_id=10)
            second = other.export("second")
        assert calls(first, second) == {BY_ID: 15, BY_NAME: 2}
    finally:
        with server.connect() as connection:
            connection.execute("DROP DATABASE elsewhere WITH (FORCE)")


def test_a_clock_that_moves_from_row_to_row_is_still_one_reading(shop: Database) -> None:
    shop.run(by_id=5, by_name=2)
    export = shop.export("first", QUERY.replace("now()", "clock_timestamp()"))
    assert calls(export) == {BY_ID: 5, BY_NAME: 2}


@pytest.mark.parametrize("query", [QUERY, PLAIN], ids=["with times", "without times"])
def test_two_exports_between_which_nothing_ran(shop: Database, tmp_path: Path, query: str) -> None:
    shop.run(by_id=5)
    query = query.replace("ORDER BY", "AND query LIKE '%item%' ORDER BY")
    names = [str(tmp_path / "first"), str(tmp_path / "second")]
    for name in names:
        Path(name).write_bytes(shop.print(query))
    if query.startswith("\n    SELECT now"):
        with pytest.raises(InputError, match="nothing ran between the readings"):
            collect(names)
    else:
        assert [query.calls for query in collect(names).queries if query.text == BY_ID] == [5]
