"""Fixtures every test shares: one embedded server a session, one fresh database a test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from advisor.twin.servers.server import Server, embedded_binaries
from tests.matrix import table as matrix

_numbers = itertools.count()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the matrix of versions and properties where it ran."""
    if shown := matrix.table(terminalreporter.stats):
        terminalreporter.section("versions")
        terminalreporter.write_line(shown)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say last of all which container tests did not run, and why."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and (told := matrix.skipped(reporter.stats)):
        reporter.write_line(told)


# CI runs the same examples every time, so that a merge is judged by its own change; everybody else explores.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have commands say everything on lines of any length; tests/output/test_fitted.py tests how it is folded."""
    writer = config.get_terminal_writer()
    writer.fullwidth = writer.fullwidth  # pytest itself stays as wide as it is
    os.environ["COLUMNS"] = "10000"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL 18 for the whole session, with pg_stat_statements loaded."""
    with Server(embedded_binaries(), {"shared_preload_libraries": "pg_stat_statements"}) as running:
        yield running


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The name of a fresh, empty database on the shared server."""
    name = f"test_{next(_numbers)}"
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield name
    with server.connect() as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def connection(server: Server, database: str) -> Iterator[psycopg.Connection]:
    """An autocommit superuser connection to the fresh database."""
    with server.connect(database) as opened:
        yield opened
