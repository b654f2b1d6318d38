"""Rows that stand in for production's while a revision runs that reads some: one a table, gone when it has run.

A revision that asks for the greatest id of an empty table, or for its first row, fails over what it does not find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from advisor.verify.running.failed import RevisionFailure

_TABLES = """
SELECT c.oid::bigint, n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND c.relname <> 'alembic_version' ORDER BY c.oid
"""
_COLUMNS = """
SELECT a.attname, t.oid::regtype::text, t.typcategory::text,
       (SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder LIMIT 1)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum
"""
_VALUES = {"N": "1", "S": "1", "B": "true", "D": "2025-01-01", "T": "1 day", "A": "{}", "R": "empty"}
_BY_TYPE = {
    "time without time zone": "12:00", "time with time zone": "12:00+00", "inet": "10.0.0.1", "cidr": "10.0.0.0/8",
    "uuid": "00000000-0000-0000-0000-000000000001", "json": "{}", "jsonb": "{}", "bytea": "", '"char"': "1",
    "oid": "1", "xml": "<x/>", "bit": "1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StandIns:
    """What was filled."""

    tables: tuple[str, ...]
    """The tables that got a row, sorted."""
    filled: frozenset[int]
    there: frozenset[int]
    """Object ids of all tables then: what is newer holds copies."""


def looked_in_vain(error: RevisionFailure) -> bool:
    """Return whether a revision failed of itself after it had asked the server: over rows that are not there, maybe."""
    failed = error.failed
    return failed.sqlstate is None and bool(failed.statement) and not (failed.variable or failed.module)


def fill(connection: psycopg.Connection[Any], error: RevisionFailure) -> StandIns:
    """Give each table that a revision's file names a row, as superuser; one whose constraints refuse it stays empty."""
    named = f"{error.failed.statement}\n{_text(Path(error.failed.path))}"
    every = connection.execute(_TABLES).fetchall()
    filled: dict[int, str] = {}
    for oid, schema, name in every:
        if re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", named) and _filled(connection, oid, schema, name):
            filled[oid] = name
    return StandIns(tuple(sorted(filled.values())), frozenset(filled), frozenset(oid for oid, *_ in every))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def clear(connection: psycopg.Connection[Any], stand_ins: StandIns) -> None:
    """Empty what was filled, and what is newer and may hold copies of it."""
    gone = [
        sql.Identifier(schema, name)
        for oid, schema, name in connection.execute(_TABLES).fetchall()
        if oid in stand_ins.filled or oid not in stand_ins.there
    ]
    if gone:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(gone)))


def _filled(connection: psycopg.Connection[Any], oid: int, schema: str, name: str) -> bool:
    columns = connection.execute(_COLUMNS, [oid]).fetchall()
    values = [
        _BY_TYPE.get(kind, _VALUES.get(category)) if label is None else label for _, kind, category, label in columns
    ]
    statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        sql.Identifier(schema, name),
        sql.SQL(", ").join(sql.Identifier(one[0]) for one in columns),
        sql.SQL(", ").join(map(sql.Literal, values)),
    )
    try:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # no foreign keys, no triggers
            connection.execute(statement)
    except psycopg.Error:
        return False
    return True
