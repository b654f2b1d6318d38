"""The prover on the review's tables, made once a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from advisor.catalog.snapshot import snapshot_from_files
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.proof.proving_database import proof_database
from advisor.rewrites.repeated_reads import read_at_once
from advisor.rewrites.repeated_writes import write_at_once
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated
from advisor.twin.servers.server import Server

TABLES = Path(__file__).parent / "tables.sql"
AtOnce = Callable[..., Rewrite | Refusal]


@pytest.fixture(scope="session")
def prover(server: Server) -> Iterator[Prover]:
    """A prover on the tables of `tables.sql`."""
    with proof_database(server.conninfo(), snapshot_from_files(TABLES, None)) as database:
        yield Prover(database)


@pytest.fixture
def at_once(prover: Prover) -> AtOnce:
    """The statement that replaces a loop in which these parameters vary."""

    def rewritten(text: str, *varying: int, unique: bool = False) -> Rewrite | Refusal:
        types = prover.parameter_types(text)
        loop = Repeated(text, frozenset(varying), types, prover.database.schema, unique)
        reads = text.lstrip().upper().startswith(("SELECT", "WITH"))
        return read_at_once(loop) if reads else write_at_once(loop)

    return rewritten
