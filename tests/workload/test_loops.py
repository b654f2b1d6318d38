"""Loops are found in the log of a real server, with their parents, and the same however the log is cut."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from advisor.workload.engines import blocks
from advisor.workload.model import Loop, Workload

PREFIX = "%m [%p] %q%u@%d %a %c %v "


def lazy_loading(connection: psycopg.Connection) -> None:
    """A page of authors, then the books of each: the classic."""
    authors = connection.execute("SELECT id FROM author ORDER BY id LIMIT 12").fetchall()
    for (author,) in authors:
        connection.execute("SELECT title FROM book WHERE author_id = %s", (author,)).fetchall()


def literals_move(connection: psycopg.Connection) -> None:
    """The key is partly a literal: bound value constant, literal moving."""
    connection.execute("SELECT id FROM author WHERE id IN (1, 2, 3, 4, 5, 6)").fetchall()
    for number in range(1, 7):
        connection.execute(f"SELECT count(*) FROM book WHERE author_id = %s + {number}", (0,)).fetchall()


def two_levels(connection: psycopg.Connection) -> None:
    """A loop within a loop."""
    for (author,) in connection.execute("SELECT id FROM author WHERE name > 'a' LIMIT 5").fetchall():
        books = connection.execute("SELECT id FROM book WHERE author_id = %s ORDER BY id", (author,)).fetchall()
        for (book,) in books[:4]:
            connection.execute("SELECT * FROM review WHERE book_id = %s", (book,)).fetchall()


def same_again(connection: psycopg.Connection) -> None:
    """One question asked five times over: repetition, but nothing varies."""
    for _ in range(5):
        connection.execute("SELECT name FROM author WHERE id = %s", (3,)).fetchall()


def spread_over_a_pool(connection: psycopg.Connection) -> None:
    """The queries of one request go out over several connections at once; the trace holds them together."""
    trace = "/*traceparent='00-0123456789abcdef0123456789abcdef-0123456789abcdef-01'*/"
    ids = [row[0] for row in connection.execute(f"SELECT id FROM author WHERE id > 20 LIMIT 9 {trace}").fetchall()]
    others = [psycopg.connect(connection.info.dsn, autocommit=True) for _ in range(3)]
    for number, author in enumerate(ids):
        others[number % 3].execute(f"SELECT name FROM author WHERE id = %s OR name = 'x' {trace}", (author,))
    for other in others:
        other.close()


def at_once_over_a_pool(connection: psycopg.Connection) -> None:
    """The same without a trace: only the moment tells."""
    others = [psycopg.connect(connection.info.dsn, autocommit=True) for _ in range(3)]
    for other in others:
        other.execute("SET application_name = 'at_once_over_a_pool'")
    with ThreadPoolExecutor(3) as threads:
        statement = "SELECT * FROM book WHERE author_id = %s"
        for _ in range(4):
            time.sleep(0.12)
            ids = connection.execute("SELECT id FROM author WHERE id > 10 LIMIT 15").fetchall()
            list(threads.map(lambda n, ids=ids: others[n % 3].execute(statement, ids[n]), range(15)))
    for other in others:
        other.close()


def talkative(connection: psycopg.Connection) -> None:
    """Very many different statements, and one of them again and again."""
    for _ in range(3):
        for column in range(110):
            connection.execute(f"SELECT c{column} FROM wide")
        for number in range(60):
            connection.execute("SELECT name FROM author WHERE id = %s AND name <> ''", (number,))
        connection.commit()
        time.sleep(0.12)


def listed_before(connection: psycopg.Connection) -> None:
    """The list is read before the transaction begins that works through it."""
    for _ in range(3):
        ids = connection.execute("SELECT id FROM author WHERE name > 'a' LIMIT 7").fetchall()
        with connection.transaction():
            for number in ids:
                connection.execute("SELECT id, name FROM author WHERE id = %s", number)
        time.sleep(0.12)


def long_reads(connection: psycopg.Connection) -> None:
    """Two loops of more executions than are looked at, a pause between them."""
    for _ in range(2):
        for number in range(300):
            connection.execute("SELECT name FROM author WHERE name <> 'long' AND id = %s", (number,))
        time.sleep(0.15)


SCENES = (
    long_reads,
    listed_before,
    talkative,
    lazy_loading,
    literals_move,
    two_levels,
    same_again,
    spread_over_a_pool,
    at_once_over_a_pool,
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    settings = {"log_min_duration_statement": "0", "log_line_prefix": PREFIX}
    with Server(embedded_binaries(), settings) as server:
        with server.connect() as connection:
            columns = ", ".join(f"c{column} int" for column in range(110))
            connection.execute(f"CREATE TABLE wide ({columns})")
            connection.execute(
                "CREATE TABLE author AS SELECT g AS id, 'author ' || g AS name FROM generate_series(1, 50) g;"
                "CREATE TABLE book AS SELECT g AS id, g / 4 AS author_id, 'x' AS title FROM generate_series(4, 200) g;"
                "CREATE TABLE review AS SELECT g AS id, g / 2 AS book_id FROM generate_series(1, 400) g"
            )
        for scene in SCENES:
            for transaction in (False, True):
                with server.connect(autocommit=not transaction) as connection:
                    connection.execute(f"SET application_name = '{scene.__name__}'")
                    scene(connection)
        time.sleep(0.1)
        copy = tmp_path_factory.mktemp("log") / "server.log"
        copy.write_bytes(server.log.read_bytes())
    yield copy


@pytest.fixture(scope="module")
def workload(log: Path) -> Workload:
    return collect([str(log)], log_line_prefix=PREFIX)


def loops_over(workload: Workload, beginning: str) -> list[Loop]:
    return [loop for loop in workload.loops if workload.query(loop.child).text.startswith(beginning)]


def test_a_lazy_load_is_a_loop_after_its_limited_parent(workload: Workload) -> None:
    found = [loop for loop in loops_over(workload, "SELECT title FROM book") if loop.application == "lazy_loading"]
    assert sorted((loop.unit, loop.loops, loop.median) for loop in found) == [
        ("session", 1, 12.0),
        ("transaction", 1, 12.0),
    ]
    for loop in found:
        assert loop.varying == (0,) and loop.distinct == 1.0 and loop.monotone == 1.0
        assert loop.example == (("1",), ("12",))
        nearest = loop.parents[0]
        assert workload.query(nearest.query).text.startswith("SELECT id FROM author ORDER BY id")
        assert (nearest.limit, nearest.limit_reached, nearest.statements_between) == (12, 1.0, 0.0)


def test_a_moving_literal_counts_as_much_as_a_bound_value(workload: Workload) -> None:
    for loop in loops_over(workload, "SELECT count(*) FROM book"):
        assert (loop.varying, loop.constant, loop.executions) == ((1,), (0,), 6)
        assert loop.parents[0].values_contained == 1.0


def test_the_inner_loop_names_the_outer_one(workload: Workload) -> None:
    inner = loops_over(workload, "SELECT * FROM review")
    assert {(loop.loops, loop.median) for loop in inner} == {(5, 4.0)}
    for loop in inner:
        assert loop.outer is not None
        assert workload.query(loop.outer).text.startswith("SELECT id FROM book")
        assert workload.query(loop.parents[0].query).text.startswith("SELECT id FROM book")
    outer = [loop for loop in loops_over(workload, "SELECT id FROM book") if loop.application == "two_levels"]
    assert all(loop.parents[0].limit_reached == 1.0 and loop.executions == 5 for loop in outer)


def test_a_list_read_right_before_a_transaction_is_a_parent_of_its_loops(workload: Workload) -> None:
    found = loops_over(workload, "SELECT id, name FROM author")
    assert {(loop.unit, loop.executions) for loop in found} == {("transaction", 42)}
    parent = next(one for loop in found for one in loop.parents if one.limit)
    assert (parent.loops, parent.limit, parent.limit_reached) == (6, 7, 1.0)


def test_repetition_without_variation_is_told_apart(workload: Workload) -> None:
    found = [loop for loop in loops_over(workload, "SELECT name FROM author") if loop.application == "same_again"]
    assert found
    for loop in found:
        assert loop.varying == () and loop.constant == (0,) and loop.executions == 5


def test_a_loop_spread_over_connections_is_one_loop_of_its_trace(workload: Workload) -> None:
    (found,) = loops_over(workload, "SELECT name FROM author WHERE id = $1 OR")
    assert (found.unit, found.loops, found.executions, found.sessions) == ("trace", 2, 18, 3)
    assert found.parents[0].limit_reached == 1.0


def test_a_burst_over_connections_is_one_loop_that_follows_its_parent(workload: Workload) -> None:
    """A busy machine may tear some of the eight bursts apart."""
    (found,) = (loop for loop in loops_over(workload, "SELECT * FROM book") if loop.unit == "burst")
    assert found.loops >= 4 and found.max == 15 and found.sessions == 3
    assert found.executions + (found.elsewhere or 0) == 120
    parent = next(one for one in found.parents if workload.query(one.query).text.startswith("SELECT id FROM author"))
    assert (parent.limit, parent.runs) == (15, 8.0)
    assert parent.loops >= 4 and parent.limit_reached > 0.5


def test_the_statements_of_transactions_are_counted_and_those_of_mere_sessions_are_not(workload: Workload) -> None:
    (found,) = (units for units in workload.units if units.application == "talkative")
    assert found.statements == ((170, 3),)
    assert found.others == ((111, 3),), "sixty of one statement are that statement's fault"


@pytest.mark.parametrize("size", [700, 4096, 10_000])
def test_loops_do_not_depend_on_where_the_log_is_cut(
    log: Path, workload: Workload, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "SIZE", size)
    monkeypatch.setattr(blocks, "CONTEXT", 512)
    assert collect([str(log)], log_line_prefix=PREFIX) == workload


@pytest.mark.parametrize("place", range(-3, 4))
def test_long_loops_do_not_depend_on_a_cut_near_their_beginning(
    log: Path, workload: Workload, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = log.read_bytes()
    begins = [text.rfind(b"\n", 0, match.start()) + 1 for match in re.finditer(rb"<> 'long' AND", text)]
    monkeypatch.setattr(blocks, "SIZE", begins[300 + place] + 1)
    assert collect([str(log)], log_line_prefix=PREFIX) == workload
