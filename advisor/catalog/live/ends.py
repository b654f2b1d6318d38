"""The real ends of indexed columns: the planner looks them up in the index, so the twin must know them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg

from advisor.catalog.live.export_queries import Record, export_query

_BATCH = 50
"""Columns asked for in one statement: few enough that a slow one costs only its neighbours."""
_PATIENCE = 20
"""Columns that may fail one by one before the rest is left out."""
_UNCOUNTED = "SET LOCAL /* advisor */ track_counts = off"
"""What a superuser may: the look-up then leaves no trace in `idx_scan`, by which an unused index is told."""
_LOOK_UP_ONLY = """
SET LOCAL /* advisor */ enable_seqscan = off;
SET LOCAL /* advisor */ max_parallel_workers_per_gather = 0;
SET LOCAL /* advisor */ statement_timeout = '1s';
SET LOCAL /* advisor */ lock_timeout = '1s';
"""
"""Rather no answer than a scan of a large table or of a queue's dead rows."""


def read_ends(connection: psycopg.Connection[Any]) -> list[Record]:
    """Return minimum and maximum of the leading columns of b-trees, and how many could not be read."""
    with connection.transaction(force_rollback=True):
        _uncounted(connection)
        with connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
            queries = [row[0] for row in cursor.execute(export_query("ends").encode())]
    records: list[Record] = []
    failed = 0
    for begin in range(0, len(queries), _BATCH):
        batch = queries[begin : begin + _BATCH]
        found = _ask(connection, batch)
        for query in batch if found is None else ():
            alone = _ask(connection, [query]) if failed < _PATIENCE else None
            failed += alone is None
            records += alone or ()
        records += found or ()
    return [*records, {"kind": "unread_ends", "count": failed}] if failed else records


def _ask(connection: psycopg.Connection[Any], queries: Sequence[str]) -> list[Record] | None:
    """Return the answers, `None` when the server refuses; the settings are rolled back with the savepoint."""
    try:
        with (
            connection.transaction(force_rollback=True),
            connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor,
        ):
            _uncounted(connection)
            cursor.execute(_LOOK_UP_ONLY)
            return [orjson.loads(row[0]) for row in cursor.execute(" UNION ALL ".join(queries).encode())]
    except psycopg.Error:
        return None


def _uncounted(connection: psycopg.Connection[Any]) -> None:
    """Stop the counting of scans for the rest of the transaction, where this role may."""
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
        connection.execute(_UNCOUNTED)
