"""The load before and after the pending revisions, on one copy with rows, and what a writer met between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from advisor.twin.statement import BoundStatement
from advisor.verify.measuring.load_run import Writer, possible_clients, run_load, scripts_of
from advisor.verify.measuring.on_data import copied_database
from advisor.verify.proof import Load
from advisor.verify.running.scratch import plain_url
from advisor.verify.running.upgrade import History


def load_compared(
    history: History,
    url: str,
    statements: Mapping[str, Sequence[BoundStatement]],
    calls: Mapping[str, float],
    tables: Sequence[tuple[str, str]],
    *,
    start: Sequence[str] = (),
    to: str = "heads",
    clients: int = 100,
    seconds: float = 20.0,
    seed: int = 1,
    administration: str | None = None,
) -> Load:
    """Return what `clients` at once see before and after the pending revisions, `seconds` each.

    The mix is that of `calls`, by query; what a statement writes is rolled back. While the revisions run, a writer on
    each of `tables` writes without a pause. Raises `ProofError` when the database cannot be copied.
    """
    with copied_database(url, administration) as copy:
        if start and not history.current(copy):
            history.stamp(copy, start)
        scripts, refused = scripts_of(copy, statements, calls)
        clients = possible_clients(copy, clients)
        if not scripts:
            return Load(None, None, None, tuple(sorted(refused.items())))
        before = run_load(copy, scripts, clients=clients, seconds=seconds, seed=seed)
        with Writer(copy, tables) as writer:
            history.upgrade_all(copy, to)
        with psycopg.connect(plain_url(copy), autocommit=True) as connection:
            connection.execute("ANALYZE")
        after = run_load(copy, scripts, clients=clients, seconds=seconds, seed=seed)
        return Load(before, after, writer.longest_ms if tables else None, tuple(sorted(refused.items())))
