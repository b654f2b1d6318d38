"""A live server in, a snapshot out: one read-only transaction for the catalog, one pg_dump for the schema."""

from __future__ import annotations

from typing import Any

import orjson
import psycopg
from psycopg import sql

from advisor.capture.conninfo import MARK
from advisor.capture.read_only_session import SERVERS_OWN, read_only_session
from advisor.catalog.live.export_queries import Record, export_query
from advisor.catalog.live.introspect import read_statistics_records
from advisor.catalog.live.records import statistics_from_records
from advisor.catalog.snapshot_model import Snapshot
from advisor.catalog.snapshots.pg_dump import dump_schema
from advisor.catalog.snapshots.snapshot_facts import snapshot_from_facts

_SEARCH_PATH = "SELECT pg_catalog.current_schemas(false)::pg_catalog.text"
_STATEMENTS = """
SELECT n.nspname::text, string_to_array(e.extversion, '.')::integer[] >= '{1,9}' AS has_info
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'pg_stat_statements'
"""
_ALEMBIC_TABLES = """
SELECT n.nspname, c.relname
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'version_num'
 WHERE c.relname = 'alembic_version' AND c.relkind = 'r' AND NOT c.relrowsecurity
   AND a.atttypid IN ('text'::regtype, 'varchar'::regtype) AND has_table_privilege(c.oid, 'SELECT')
"""


def take_snapshot(url: str) -> Snapshot:
    """Return a snapshot of a live database, which is only read from; raises `ServerError` for what it refuses."""
    with read_only_session(url) as connection:
        connection.execute(f"SET LOCAL {MARK} search_path TO DEFAULT")
        search_path = _value(connection, _SEARCH_PATH)
        connection.execute(SERVERS_OWN)
        facts = _facts(connection, search_path)
        settings = orjson.loads(_value(connection, export_query("settings")))
        statistics = statistics_from_records(read_statistics_records(connection))
        statements, refused = _statements(connection)
    facts["statements_refused"] = refused
    return snapshot_from_facts(facts, dump_schema(url), statistics, settings, statements)


def _value(connection: psycopg.Connection[Any], query: str) -> str:
    row = connection.execute(query.encode()).fetchone()
    return str(row[0]) if row else ""


def _facts(connection: psycopg.Connection[Any], search_path: str) -> Record:
    text = export_query("database")
    for name, value in (("search_path", search_path), ("alembic_version", _alembic_version(connection))):
        text = text.replace(f":'{name}'", sql.Literal(value).as_string(connection))
    facts: Record = orjson.loads(_value(connection, text))
    return facts


def _alembic_version(connection: psycopg.Connection[Any]) -> str:
    """Return the revisions that all readable tables named `alembic_version` hold, as a JSON array."""
    found: set[str] = set()
    for schema, table in connection.execute(_ALEMBIC_TABLES).fetchall():
        query = sql.SQL("SELECT {} version_num FROM ONLY {}").format(sql.SQL(MARK), sql.Identifier(schema, table))
        found.update(row[0] for row in connection.execute(query))
    return orjson.dumps(sorted(found)).decode()


def _statements(connection: psycopg.Connection[Any]) -> tuple[str | None, str | None]:
    """Return the statements as CSV, or `None` and why they could not be read."""
    row = connection.execute(_STATEMENTS).fetchone()
    if row is None:
        return None, "the extension pg_stat_statements is not installed in this database"
    query = export_query("statements" if row[1] else "statements_before_1_9")
    query = query.replace(':"statements"', sql.Identifier(row[0]).as_string(connection))
    try:
        with connection.transaction(), connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
            return b"".join(bytes(block) for block in copy).decode("utf-8", "replace"), None
    except psycopg.Error as error:
        return None, (error.diag.message_primary or str(error)).strip()
