"""Statistics of expressions of extended statistics objects: rows of `pg_statistic`, kept in an array of the object.

The rows are made where every server lets us: each object's expressions stand for a moment as the columns of an empty
table, whose statistics are loaded like any other's and then copied. `WITH NO DATA` plans and evaluates nothing. Source:
`serialize_expr_stats` and `statext_expressions_load` of PostgreSQL 14 to 18.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql

from advisor.catalog.statistics import ExtendedData, Statistics
from advisor.twin.contents.loading import load_columns
from advisor.twin.servers.rights import Sessions

_SCHEMA = "pgadvisor_expressions"
_OBJECT = """
SELECT e.stxrelid::regclass::text, pg_get_statisticsobjdef_expressions(e.oid)
FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace WHERE n.nspname = %s AND e.stxname = %s
"""
ROWS = """
(SELECT array_agg(s ORDER BY n) FROM generate_series(1, %s) AS n
 LEFT JOIN pg_statistic s ON s.starelid = %s::regclass AND s.staattnum = n AND s.stainherit = %s)
"""
"""The array of an object: from the number of its expressions, its table in the scratch schema, and `inherited`."""

Key = tuple[str, str]
"""Schema and name of an object."""


@contextmanager
def expression_tables(sessions: Sessions, statistics: Statistics) -> Iterator[Mapping[Key, str]]:
    """Yield a table for each object with expressions, whose columns are the expressions, with their statistics loaded.

    An object that the twin lacks, or has otherwise, has none.
    """
    wanted = {key[:2]: data.expression_count for key, data in statistics.extended.items() if data.expression_count}
    if not wanted:
        yield {}
        return
    drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(_SCHEMA))
    sessions.owner.execute(drop)
    sessions.owner.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(_SCHEMA)))
    try:
        tables = {
            key: name
            for number, (key, count) in enumerate(sorted(wanted.items()))
            if (name := _table(sessions, key, count, f"object_{number}"))
        }
        load_columns(sessions, _as_columns(statistics.extended, tables))
        yield {key: f"{_SCHEMA}.{name}" for key, name in tables.items()}
    finally:
        sessions.owner.execute(drop)


def _table(sessions: Sessions, key: Key, count: int, name: str) -> str | None:
    """Make the table of one object, if the twin has that object with so many expressions; return its name."""
    row = sessions.superuser.execute(_OBJECT, key).fetchone()
    if row is None or len(row[1] or ()) != count:
        return None
    columns = sql.SQL(", ").join(
        sql.SQL("({}) AS {}").format(sql.SQL(text), sql.Identifier(str(number)))  # as the server printed it
        for number, text in enumerate(row[1], 1)
    )
    statement = sql.SQL("CREATE TABLE {} AS SELECT {} FROM ONLY {} WITH NO DATA")
    try:
        sessions.owner.execute(statement.format(sql.Identifier(_SCHEMA, name), columns, sql.SQL(row[0])))
    except psycopg.Error:
        return None
    return name


def _as_columns(extended: Mapping[tuple[str, str, bool], ExtendedData], tables: Mapping[Key, str]) -> Statistics:
    """Return the expressions' statistics as those of the columns of their tables."""
    found = {
        (inherited, (_SCHEMA, tables[schema, name], str(number))): entry
        for (schema, name, inherited), data in extended.items()
        for number, entry in enumerate(data.expressions if (schema, name) in tables else (), 1)
        if entry
    }
    return Statistics(
        columns={key: entry for (inherited, key), entry in found.items() if not inherited},
        inherited={key: entry for (inherited, key), entry in found.items() if inherited},
    )
