"""One session mix, written by a real server in every format and with many prefixes, always gives one workload."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from advisor.workload.counting.fingerprints import identify
from advisor.workload.model import POOLED, Query, Workload
from tests.capture_logs.session_mix import DATABASE, play, prepare

PREFIXES = (
    "%m [%p] ",
    "%t [%p] ",
    "%m [%p] %q%u@%d ",
    "%m [%p] %c %v %l ",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%m [%p] %q[user=%u,db=%d,app=%a,client=%h] ",
    "%t:%r:%u@%d:[%p]:",
    "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a",
    "%t-%c-",
    "%m-%c-%q%v-%l ",
    "[%p]: [%l-1] db=%d,user=%u ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%r ",
    "%n [%p] %c ",
    "%n|%c|%v|%u|%d|%a|",
    "%m|%u|%d|%c|",
    "%m %p %c %v %x %l %e %Q ",
    "%t [%P] [%p] %b %c ",
    "%m [%-8p] %c [%b] ",
    "%m [%10p] %q<%u@%d> {%a} ",
    "<%m %p %v> %q(%u) (%d) ",
    "pid=%p time=%m session=%c vxid=%v user=%u db=%d app=%a ",
    "%c %m ",
    "%s %m [%p] %q%a %c %v ",
    "[%m] [%c] [%l] %q[%u] [%d] [%a] ",
    "%m%p%%%c ",
    "%m [%p] %q%h %u %c %v %Q ",
    "",
)


class Logging:
    """A server that writes stderr, csvlog and jsonlog at once."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.marks = 0

    def admin(self) -> psycopg.Connection:
        """Return a connection that logs nothing."""
        return psycopg.connect(
            self.server.conninfo(DATABASE), autocommit=True, options="-c log_min_duration_statement=-1"
        )

    def mark(self, logs: list[Path]) -> list[int]:
        """Write a message, wait until every log holds it, and return their sizes."""
        self.marks += 1
        text = f"mark {self.marks} of the test"
        with self.admin() as connection:
            connection.execute(sql.SQL("DO {}").format(f"BEGIN RAISE LOG '{text}'; END"))
        for _ in range(400):
            if all(log.exists() and text.encode() in log.read_bytes()[-2000:] for log in logs):
                return [log.stat().st_size for log in logs]
            time.sleep(0.02)
        raise AssertionError("the server did not write its logs")

    def run(self, prefix: str, folder: Path) -> tuple[Path, Path, Path, Counter[str]]:
        """Play the mix under a prefix; return the three logs and pg_stat_statements' calls by fingerprint."""
        with self.admin() as connection:
            connection.execute(sql.SQL("ALTER SYSTEM SET log_line_prefix = {}").format(prefix))
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("SELECT pg_stat_statements_reset()")
        logs = [self.server.data / "log" / f"pg.{ending}" for ending in ("log", "csv", "json")]
        begins = self.mark(logs)
        play(self.server)
        with self.admin() as connection:
            calls = connection.execute(
                "SELECT query, calls::int FROM pg_stat_statements s JOIN pg_roles r ON r.oid = userid"
                " WHERE rolname <> 'postgres' AND toplevel"
            ).fetchall()
        ends = self.mark(logs)
        copies = []
        for log, begin, end in zip(logs, begins, ends, strict=True):
            copy = folder / log.name
            copy.write_bytes(log.read_bytes()[begin:end])
            copies.append(copy)
        counted: Counter[str] = Counter()
        for query, number in calls:
            counted[identify(unprepared(query).encode(), query.encode()).id] += number
        return (*copies, counted)  # type: ignore[return-value]


def unprepared(query: str) -> str:
    """Return the statement within a PREPARE: pg_stat_statements books its executions under that text."""
    return query.split(" AS ", 1)[1] if query.upper().startswith("PREPARE ") else query


@pytest.fixture(scope="module")
def logging() -> Iterator[Logging]:
    settings = {
        "shared_preload_libraries": "pg_stat_statements",
        "logging_collector": "on",
        "log_destination": "stderr,csvlog,jsonlog",
        "log_directory": "log",
        "log_filename": "pg.log",
        "log_rotation_age": "0",
        "log_min_duration_statement": "0",
    }
    with Server(embedded_binaries(), settings) as server:
        prepare(server)
        yield Logging(server)


def comparable(workload: Workload, *, users: bool = True) -> list[Query]:
    """Return the queries without what a prefix may leave out.

    Samples are kept for each user apart: where a prefix does not say who ran a query (`users`), they are fewer.
    """
    bare = [replace(query, inputs=(), users=(), applications=(), database=None) for query in workload.queries]
    return bare if users else [replace(query, sessions=(), samples=()) for query in bare]


def looped(workload: Workload, *, named: bool) -> Counter[str]:
    """Return the executions in loops by query.

    Bursts are told apart by who ran them: where a prefix does not say (`named`), they cannot be the same.
    """
    found: Counter[str] = Counter()
    for loop in workload.loops:
        if named or loop.unit not in POOLED:
            found[loop.child] += loop.executions
    return found


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_format_gives_the_same_workload(prefix: str, logging: Logging, tmp_path: Path) -> None:
    stderr, csvlog, jsonlog, calls = logging.run(prefix, tmp_path)
    expected = collect([str(csvlog)], jobs=1)
    for log in (jsonlog, stderr):
        workload = collect([str(log)], jobs=1)
        users = log is jsonlog or "%u" in prefix
        assert comparable(workload, users=users) == comparable(expected, users=users), workload.inputs[0].settings
        if log is jsonlog or ("%m" in prefix or "%n" in prefix):  # else a pause between requests cannot be seen
            named = log is jsonlog or any(escape in prefix for escape in ("%u", "%d", "%a"))
            assert looped(workload, named=named) == looped(expected, named=named)
        assert not workload.inputs[0].skipped
    prepares = {query.id for query in expected.queries if query.text.startswith("PREPARE")}
    counted = {query.id: query.calls for query in expected.queries if query.calls and query.id not in prepares}
    assert counted == {identity: number for identity, number in calls.items() if number}


def test_a_log_may_change_its_time_zone(logging: Logging, tmp_path: Path) -> None:
    """As it does twice a year where `log_timezone` is a place; sessions that began before keep their old start time."""
    with logging.admin() as connection:
        connection.execute("ALTER SYSTEM SET log_line_prefix = '%m [%p] %q%s %u@%d %a %c %v '")
        connection.execute("SELECT pg_reload_conf()")
    logs = [logging.server.data / "log" / f"pg.{ending}" for ending in ("log", "csv", "json")]
    begins = logging.mark(logs)
    with psycopg.connect(logging.server.conninfo(DATABASE), autocommit=True) as lasting:
        for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
            with logging.admin() as connection:
                connection.execute(sql.SQL("ALTER SYSTEM SET log_timezone = {}").format(zone))
                connection.execute("SELECT pg_reload_conf()")
                connection.execute("SELECT pg_sleep(0.2)")
            for number in range(20):
                lasting.execute("SELECT %s::int + 1", [number])
    with logging.admin() as connection:
        connection.execute("ALTER SYSTEM RESET log_timezone")
        connection.execute("SELECT pg_reload_conf()")
    ends = logging.mark(logs)
    found = []
    for log, begin, end in zip(logs, begins, ends, strict=True):
        copy = tmp_path / log.name
        copy.write_bytes(log.read_bytes()[begin:end])
        found.append(collect([str(copy)], jobs=1))
    (query,) = (query for query in found[0].queries if "+ 1" in query.text or "+ $2" in query.text)
    assert query.calls == 60
    for workload in found:
        assert comparable(workload) == comparable(found[0])
        assert workload.begin is not None and workload.end is not None
        assert workload.end - workload.begin < 300, "a zone taken for another would put hours between"
