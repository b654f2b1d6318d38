"""The twin plans as the loaded server does: same shape, and a cost within 0.1 %."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.twin.servers.server import Server
from benchmarks import tpch
from benchmarks.twin_fidelity import VERSIONS, compare, unfaithful

VARIED = Path(__file__).parent / "varied"


@pytest.fixture(params=sorted(VERSIONS), scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(VERSIONS[request.param]) as running:
        yield running


def create(server: Server, name: str) -> None:
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())


def run(server: Server, database: str, script: Path) -> None:
    done = server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", str(script))
    assert done.returncode == 0, done.stderr


def texts(path: Path) -> dict[str, str]:
    return {line: line for line in path.read_text().splitlines()}


def has_contrib(server: Server) -> bool:
    with server.connect() as connection:
        return bool(connection.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'").fetchall())


def test_tpch(server: Server) -> None:
    create(server, "tpch")
    with server.connect("tpch") as connection:
        tpch.load(connection, 0.01)
    queries = {str(number): text for number, text in tpch.queries().items()}
    assert unfaithful(compare(server, queries, "tpch")) == []


def test_a_varied_schema_with_every_kind_of_index(server: Server) -> None:
    create(server, "varied")
    run(server, "varied", VARIED / "schema.sql")
    queries = texts(VARIED / "queries.sql")
    if has_contrib(server):
        run(server, "varied", VARIED / "trigram.sql")
        queries |= texts(VARIED / "trigram_queries.sql")
    assert unfaithful(compare(server, queries, "varied")) == []
