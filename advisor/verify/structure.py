"""What an index really is on a server, as a value that can be compared with what a proposal asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from advisor.catalog.index import IndexDefinition

_FACTS = """
SELECT i.indisvalid AS valid, i.indisready AS ready,
       (SELECT array_agg(pg_get_indexdef(c.oid, n, false) ORDER BY n) FROM generate_series(1, i.indnatts) n) AS columns,
       tn.nspname AS table_schema, t.relname AS table_name, am.amname AS method, i.indisunique AS is_unique,
       i.indnkeyatts AS keys, i.indclass::text AS classes, i.indcollation::text AS collations,
       i.indoption::text AS directions,
       pg_get_expr(i.indpred, i.indrelid) AS predicate, array_to_string(c.reloptions, ', ') AS storage
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_am am ON am.oid = c.relam
WHERE n.nspname = %s AND c.relname = %s
"""


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """An index as `pg_index` has it."""

    valid: bool
    shape: tuple[Any, ...]
    """Table, method, uniqueness, key columns, classes, collations, directions, payload, predicate and storage."""


def index_facts(connection: psycopg.Connection, schema: str, name: str) -> IndexFacts | None:
    """Return the facts about an index, `None` when there is none of this name."""
    row = connection.execute(_FACTS, (schema, name)).fetchone()
    if row is None:
        return None
    valid, ready, columns, *shape = row
    return IndexFacts(valid and ready, (*shape, tuple(columns)))


def expected_facts(connection: psycopg.Connection, definition: IndexDefinition) -> IndexFacts:
    """Return what the server makes of a definition: built in a transaction that is rolled back."""
    with rolled_back(connection):
        name = "advisor_expected"
        connection.execute(definition.ddl(name).encode())
        facts = index_facts(connection, definition.schema, name)
    assert facts is not None
    return facts


@contextmanager
def rolled_back(connection: psycopg.Connection) -> Iterator[None]:
    """Run the block in a transaction that never commits."""
    with connection.transaction(force_rollback=True):
        yield


def make_invalid(connection: psycopg.Connection, definition: IndexDefinition, name: str) -> None:
    """Make an index what a cut-off build leaves: INVALID. This needs a superuser."""
    statement = sql.SQL(
        "UPDATE pg_index SET indisvalid = false FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = indexrelid AND n.nspname = %s AND c.relname = %s"
    )
    connection.execute(statement, (definition.schema, name))
