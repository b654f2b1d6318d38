"""The schema: a dump's statements run one by one, so that what one refuses does not stop the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg

_COPY = re.compile(r"COPY\s.*\sFROM\s+stdin\s*;\s*", re.IGNORECASE)
_PSQL = re.compile(r"\\(restrict|unrestrict|connect|c|encoding|set|unset|echo|pset|q|quit)\b")
_SKIPPED = re.compile(
    r"""(ALTER\s+[\w\s]+?\sOWNER\s+TO\s | GRANT\s | REVOKE\s | ALTER\s+DEFAULT\s+PRIVILEGES\s | SECURITY\s+LABEL\s
      | (CREATE|ALTER|DROP)\s+(DATABASE|ROLE|USER|SUBSCRIPTION|PUBLICATION|EVENT\s+TRIGGER|USER\s+MAPPING|TABLESPACE)\s
      | (INSERT|VACUUM|ANALYZE|REINDEX|CLUSTER|REFRESH|DO|CALL|CHECKPOINT|LISTEN|NOTIFY)\b
      | SELECT\s+pg_catalog\.(setval|lowrite|lo_\w+|pg_restore_\w+)\b
      | SET\s+(default_tablespace|transaction_timeout|session\s+authorization|role)\b | COMMENT\s+ON\s
      | BEGIN\b | COMMIT\b | START\s+TRANSACTION\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""What a planner does not need and a twin must not run: owners, grants, data, subscriptions, anything beyond it."""
_OWNER = re.compile(r"ALTER\s.*\sOWNER\s+TO\s+(\"[^\"]*\"|\w+)\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_LEADING = re.compile(r"(\s+|--[^\n]*(\n|$)|/\*.*?\*/)*", re.DOTALL)
_HEAD = 90


def restore_schema(connection: psycopg.Connection[Any], schema_sql: str) -> list[str]:
    """Run a dump's schema statements in autocommit; return a note for each that failed."""
    notes: list[str] = []
    connection.execute("SET check_function_bodies = off")
    for statement in statements(schema_sql):
        try:
            connection.execute(statement.encode())
        except psycopg.Error as error:
            reason = error.diag.message_primary or str(error)
            if not _expected(statement, error):
                notes.append(f"skipped: {_head(statement)} ({reason})")
    return notes


def statements(dump: str) -> Iterator[str]:
    """Yield the statements of a dump that make schema objects, without their leading comments."""
    import pglast

    for text in pglast.split(_without_data(dump), with_parser=False):
        statement = text[_LEADING.match(text).end() :]  # type: ignore[union-attr]
        if statement and not _SKIPPED.match(statement) and not _OWNER.match(statement):
            yield statement


def _without_data(dump: str) -> str:
    """Drop psql's own commands and the rows of COPY blocks."""
    kept, copying = [], False
    for line in dump.splitlines(keepends=True):
        if copying:
            copying = not line.startswith("\\.")
        elif _COPY.fullmatch(line.rstrip("\n")):
            copying = True
        elif not _PSQL.match(line):
            kept.append(line)
    return "".join(kept)


def _expected(statement: str, error: psycopg.Error) -> bool:
    """Return whether the failure means nothing: the object is there, or a setting is a version's own."""
    head = statement.upper()
    if head.startswith("SET "):
        return True
    return head.startswith(("CREATE SCHEMA", "CREATE EXTENSION")) and isinstance(
        error, psycopg.errors.DuplicateSchema | psycopg.errors.DuplicateObject
    )


def _head(statement: str) -> str:
    flat = " ".join(statement.split())
    return flat if len(flat) <= _HEAD else flat[: _HEAD - 1] + "…"
