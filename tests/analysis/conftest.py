"""The schema that analysis cases are about, read from a real server once a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.live.introspect import read_schema
from advisor.catalog.schema import Schema
from advisor.twin.servers.server import Server


@contextmanager
def database_of_cases(server: Server, name: str) -> Iterator[psycopg.Connection]:
    """Give a connection to a new database that holds the schema of the cases."""
    with server.connect() as administrator:
        administrator.execute(f"CREATE DATABASE {name}")
    with server.connect(name) as connection:
        connection.execute((Path(__file__).parent / "schema.sql").read_bytes())
        yield connection
    with server.connect() as administrator:
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def cases_connection(server: Server) -> Iterator[psycopg.Connection]:
    """A connection to the schema of the cases, where statements are only planned: its tables stay as they are."""
    with database_of_cases(server, "analysis_planned") as connection:
        yield connection


@pytest.fixture(scope="session")
def running_connection(server: Server) -> Iterator[psycopg.Connection]:
    """A connection to the same schema, where statements are run (and rolled back)."""
    with database_of_cases(server, "analysis_run") as connection:
        yield connection


@pytest.fixture(scope="session")
def schema(cases_connection: psycopg.Connection) -> Schema:
    """The schema of the cases."""
    return read_schema(cases_connection)
