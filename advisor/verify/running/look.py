"""What a session sees of itself between two statements: its locks, and the files and scans of all relations.

The text runs in the very session whose statements are looked at: nobody else sees a file that is not committed yet.
"""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg

LOOK = """
WITH own AS (
  SELECT c.oid::bigint AS oid, n.nspname, c.relname, c.relkind,
         coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::bigint AS file,
         coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0) AS scans, coalesce(i.indrelid, 0)::bigint AS parent
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
  WHERE c.relkind IN ('r', 'p', 'm', 'v', 'i', 'I') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND c.relname <> 'alembic_version'
), held AS (
  SELECT l.relation::bigint AS oid, l.mode
  FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
  WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
    AND d.datname = pg_catalog.current_database() AND l.relation >= 16384
)
SELECT pg_catalog.json_build_object(
  'timeout', pg_catalog.current_setting('lock_timeout'),
  'transaction', (SELECT l.virtualtransaction FROM pg_catalog.pg_locks l
                  WHERE l.pid = pg_catalog.pg_backend_pid() LIMIT 1),
  'locks', coalesce((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(oid, mode)) FROM held), '[]'),
  'relations', coalesce((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
      oid, nspname, relname, relkind, file, scans, parent)) FROM own), '[]'))::text
"""
"""Returns one JSON text; for PostgreSQL 11 and later."""


class Relation(msgspec.Struct, frozen=True, array_like=True):
    """One table, view, materialised view or index."""

    oid: int
    schema: str
    name: str
    kind: str
    """`relkind`."""
    file: int
    """Its `relfilenode`, 0 for what has no file."""
    scans: int
    """Scans of it that this session began and has not reported yet."""
    table: int
    """Object id of its table, for an index; 0 for all else."""


class Look(msgspec.Struct, frozen=True):
    """What one look saw."""

    timeout: str
    """`lock_timeout` as SHOW prints it; `0` for none."""
    transaction: str
    locks: tuple[tuple[int, str], ...]
    """Relations that the session has locked, with the mode as `pg_locks` names it."""
    relations: tuple[Relation, ...]


class Looked(msgspec.Struct, frozen=True, tag_field="kind", tag="looked"):
    """A look after one statement, or before the first (then the statement is empty)."""

    revision: str
    path: str
    line: int
    statement: str
    open: bool
    """Whether the statement ran within a transaction that was still open when it was looked at."""
    look: str
    """JSON text of a `Look`."""

    def seen(self) -> Look:
        """Return the look. Raises `msgspec.DecodeError` where a revision's own text came in its place."""
        return msgspec.json.decode(self.look, type=Look)


def look(connection: psycopg.Connection[Any]) -> str:
    """Return a look at the session of `connection`."""
    row = connection.execute(LOOK.encode()).fetchone()
    assert row
    return str(row[0])
