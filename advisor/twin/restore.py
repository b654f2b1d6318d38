"""The schema: a dump's statements run one by one, so that what one refuses does not stop the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg

from advisor.errors import SnapshotError
from advisor.twin.order import Ranks, in_order

_COPY = re.compile(r"COPY\s.*\sFROM\s+stdin\s*;\s*", re.IGNORECASE)
_PSQL = re.compile(r"\\(restrict|unrestrict|connect|c|encoding|set|unset|echo|pset|q|quit)\b")
_NEEDLESS = re.compile(
    r"""(GRANT\s | REVOKE\s | ALTER\s+DEFAULT\s+PRIVILEGES\s | SECURITY\s+LABEL\s | COMMENT\s+ON\s
      | (CREATE|ALTER|DROP)\s+(DATABASE|ROLE|USER|SUBSCRIPTION|PUBLICATION|EVENT\s+TRIGGER|USER\s+MAPPING|TABLESPACE)\s
      | (INSERT|COPY|VACUUM|ANALYZE|REINDEX|CLUSTER|REFRESH)\b
      | SELECT\s+pg_catalog\.(setval|lowrite|lo_\w+|pg_restore_\w+)\b
      | SET\s+(default_tablespace|transaction_timeout|session\s+authorization|role)\b
      | BEGIN\b | COMMIT\b | START\s+TRANSACTION\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""What a planner does not need and a twin must not run: owners, grants, data, subscriptions."""
_SCHEMA = re.compile(r"((CREATE|DROP)\s|ALTER\s+(?!SYSTEM\b)|SET\s|SELECT\s+pg_catalog\.set_config\b)", re.IGNORECASE)
"""What a twin runs; anything else is left out with a note."""
_OWNER = re.compile(r"ALTER\s.*\sOWNER\s+TO\s+(\"[^\"]*\"|\w+)\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_TABLE = re.compile(r"CREATE\s+(UNLOGGED\s+|FOREIGN\s+)?TABLE\b", re.IGNORECASE)
_LEADING = re.compile(r"(\s+|--[^\n]*(\n|$)|/\*.*?\*/)*", re.DOTALL)
_UNKNOWN_TYPE = re.compile(r'type "(.+)" does not exist')
_HEAD = 90


Session = psycopg.Connection[Any]


def restore_schema(
    connection: Session, schema_sql: str, ranks: Ranks | None = None, superuser: Session | None = None
) -> list[str]:
    """Run a dump's schema statements in autocommit; return a note for each that failed or had to be changed.

    `ranks` are production's object ids, in whose order things are made. What the connection's role may not do, the
    superuser does.
    """
    notes: list[str] = []
    connection.execute("SET check_function_bodies = off")
    for statement in in_order(statements(schema_sql), ranks or {}):
        if _SCHEMA.match(statement):
            notes += _run(connection, statement, superuser)
        else:
            notes.append(f"left out: {_head(statement)} (a twin runs CREATE, ALTER and DROP only)")
    return list(dict.fromkeys(notes))


def _run(connection: Session, statement: str, superuser: Session | None) -> list[str]:
    """Run one statement; a column of a type that no extension here brings becomes `bytea`, so that its table lives."""
    try:
        connection.execute(statement.encode())
    except psycopg.errors.UndefinedObject as error:
        found = _UNKNOWN_TYPE.fullmatch(error.diag.message_primary or "")
        changed = _without_type(statement, found[1]) if found else statement
        if changed == statement or not found:
            return _refused(statement, error)
        return [f"type {found[1]} is unknown here: bytea stands in", *_run(connection, changed, superuser)]
    except psycopg.errors.InsufficientPrivilege as error:
        return _run(superuser, statement, None) if superuser else _refused(statement, error)
    except psycopg.Error as error:
        return _refused(statement, error)
    return []


def _without_type(statement: str, name: str) -> str:
    if not _TABLE.match(statement):
        return statement
    quoted = re.escape(name).replace(r"\.", r'"?\."?')
    return re.sub(rf'([\w"]\s+)"?{quoted}"?(?![\w"])(\s*\([^()]*\))?', r"\1bytea", statement)


def _refused(statement: str, error: psycopg.Error) -> list[str]:
    reason = error.diag.message_primary or str(error)
    return [] if _expected(statement, error) else [f"skipped: {_head(statement)} ({reason})"]


def statements(dump: str) -> Iterator[str]:
    """Yield the statements of a dump that may make schema objects, without their leading comments.

    Raises `SnapshotError` for a text that cannot be told apart into statements.
    """
    for text in _split(_without_data(dump)):
        statement = text[_LEADING.match(text).end() :]  # type: ignore[union-attr]
        if statement and not _NEEDLESS.match(statement) and not _OWNER.match(statement):
            yield statement


def _split(text: str) -> tuple[str, ...]:
    """Split with the grammar, which knows `BEGIN ATOMIC`; with the scanner where the grammar is older than the dump."""
    import pglast

    try:
        return tuple(pglast.split(text))
    except pglast.parser.ParseError:
        try:
            return tuple(pglast.split(text, with_parser=False))
        except pglast.parser.ParseError as error:
            what = f"the schema is no complete SQL script: {error.args[0]}"
            raise SnapshotError(what, do="dump the schema again with pg_dump --schema-only") from error


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
