"""The schema that analysis cases are about, read from a real server once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.introspect import read_schema
from advisor.catalog.schema import Schema
from advisor.twin.server import Server

DATABASE = "analysis_cases"


@pytest.fixture(scope="session")
def cases_connection(server: Server) -> Iterator[psycopg.Connection]:
    """A connection to a database that holds the schema of the cases."""
    with server.connect() as administrator:
        administrator.execute(f"CREATE DATABASE {DATABASE}")
    with server.connect(DATABASE) as connection:
        connection.execute((Path(__file__).parent / "schema.sql").read_bytes())
        yield connection
    with server.connect() as administrator:
        administrator.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.fixture(scope="session")
def schema(cases_connection: psycopg.Connection) -> Schema:
    """The schema of the cases."""
    return read_schema(cases_connection)
