"""What one run of statements did: the rows it returned, or its error, and what stood in the tables afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from advisor.catalog.schema import Schema, Table

Line = tuple[bytes | None, ...]
_CHANGED = """
SELECT schemaname, relname FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
_OWN_ERRORS = frozenset({"57014", "55P03", "40P01"})
"""Of timeouts and locks: they say nothing about the statement."""


class Undecided(Exception):
    """A run said nothing: it took too long, or it could not be run at all; the message says which."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    answers: tuple[tuple[Line, ...], ...]
    """Rows of each statement, values as text."""
    error: str | None = None
    """SQLSTATE of what ended it."""
    tables: tuple[tuple[str, Counter[bytes]], ...] = ()
    """Rows that stood afterwards in the tables that were changed, or may have been."""


def run(connection: psycopg.Connection[Any], text: str, values: Sequence[str | None]) -> tuple[Line, ...]:
    """Run one statement in the open transaction and return its rows as text."""
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(text.encode(), list(values))
        result = cursor.pgresult
        if result is None or not cursor.description:
            return ()
        return tuple(
            tuple(result.get_value(row, place) for place in range(result.nfields)) for row in range(result.ntuples)
        )


def outcome(
    connection: psycopg.Connection[Any], work: Callable[[], list[tuple[Line, ...]]], kept: Callable[[], Any] | None
) -> Outcome:
    """Do `work` behind a savepoint that is rolled back; with `kept`, read the changed tables before that.

    All runs of a trial lie in one transaction, so that `now()` is the same for all of them.

    Raises `Undecided` for a timeout.
    """
    try:
        with connection.transaction(force_rollback=True):
            answers = work()
            tables = tuple(kept()) if kept else ()
            return Outcome(tuple(answers), None, tables)
    except psycopg.Error as error:
        if error.sqlstate in _OWN_ERRORS or error.sqlstate is None:
            raise Undecided("it takes too long on a handful of rows") from error
        return Outcome((), error.sqlstate)


def contents(
    connection: psycopg.Connection[Any], schema: Schema, always: Sequence[Table], left_out: frozenset[str]
) -> list[tuple[str, Counter[bytes]]]:
    """Return the rows of the tables that this transaction changed and of `always`, each row as one text.

    Columns of which the server makes up the values (sequences, `random()`) are left out where named in `left_out`, as
    `schema.table.column`.
    """
    changed = {key for key in connection.execute(_CHANGED.encode()).fetchall() if key in schema.tables}
    keys = sorted(changed | {(table.schema, table.name) for table in always})
    found = []
    for key in keys:
        table = schema.tables[key]
        names = [column.name for column in table.columns
                 if f"{table.schema}.{table.name}.{column.name}" not in left_out]  # fmt: skip
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        text = sql.SQL("SELECT ROW({})::text FROM {}").format(columns, sql.Identifier(*key)).as_string(connection)
        found.append((table.qualified, Counter(line[0] or b"" for line in run(connection, text, ()))))
    return found
