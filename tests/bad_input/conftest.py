"""Real exports of a real server to spoil, and the real command line to give them to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import sql

from advisor.cli.main import main
from advisor.twin.servers.server import Server, embedded_binaries

DATABASE = "bad_input"
COLUMNS = "userid, dbid, toplevel, queryid, query, calls, total_exec_time, rows, shared_blks_hit, stats_since"


@dataclass(frozen=True)
class Outcome:
    """How a run of the command line ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `advisor …` as the installed command does, and return how it ended."""

    def advisor(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["advisor", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    return advisor


@pytest.fixture(scope="session")
def statistics_server() -> Iterator[Server]:
    """A server of our own: other tests reset the statistics of the shared one."""
    with Server(embedded_binaries(), {"shared_preload_libraries": "pg_stat_statements"}) as running:
        yield running


@pytest.fixture(scope="session")
def address(statistics_server: Server) -> str:
    """The address of a database that ran some statements, among them texts of several lines."""
    server = statistics_server
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    with server.connect(DATABASE) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements; CREATE TABLE book (id int PRIMARY KEY, title text)")
        for number in range(12):
            connection.execute(f'SELECT {", ".join(["id"] * (number + 1))}, "title"\n  FROM book\n WHERE id = {number}')
            connection.execute(f"SELECT count(*) FROM book WHERE title || ';,|' LIKE 'a%' LIMIT {number}")
    return server.conninfo(DATABASE)


@pytest.fixture(scope="session")
def exported(statistics_server: Server, address: str) -> Callable[..., bytes]:
    """Return what psql prints for the statements of our database, with the given options."""

    def psql(*options: str, columns: str = COLUMNS, wrap: str = "{}") -> bytes:
        query = f"""
            SELECT {columns} FROM pg_stat_statements
            WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query LIKE '%book%'
            ORDER BY queryid
        """
        done = statistics_server.run("psql", "-X", "-q", "-d", DATABASE, *options, "-c", wrap.format(query))
        assert done.returncode == 0, done.stderr
        return done.stdout.encode()

    return psql


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write
