"""The corpus' tables, made once a session: they take longer to make than most tests to run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.twin.servers.server import Server
from tests.nplus1_corpus.evaluate import catalog, load


@pytest.fixture(scope="session")
def corpus_database(server: Server) -> Iterator[str]:
    """The name of a database with the corpus' tables; tests leave it as they found it."""
    with server.connect() as connection:
        connection.execute("CREATE DATABASE nplus1_corpus")
    with server.connect("nplus1_corpus") as connection:
        load(connection)
    yield "nplus1_corpus"
    with server.connect() as connection:
        connection.execute("DROP DATABASE nplus1_corpus WITH (FORCE)")


@pytest.fixture(scope="session")
def corpus_catalog(server: Server, corpus_database: str) -> tuple[Schema, Statistics]:
    """Its catalog."""
    with server.connect(corpus_database) as connection:
        return catalog(connection)
