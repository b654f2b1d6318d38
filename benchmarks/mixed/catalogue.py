"""What the loaded server holds: relations, their columns, and values of each, its ends among them."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

_RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname IN ('mix', 'Other Schema')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""
_COLUMNS = """
SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL), t.typcategory::text, t.typtype::text
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum LIMIT 24
"""
_FEW = 12
_READ = 1000


@dataclass(frozen=True)
class Column:
    """A column with some of its values as text; `type` is the base type of a domain."""

    name: str
    type: str
    kind: str
    """`typtype`."""
    values: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """A table or view."""

    schema: str
    name: str
    kind: str
    columns: tuple[Column, ...]

    @property
    def qualified(self) -> str:
        return sql.Identifier(self.schema, self.name).as_string()


def read_relations(connection: psycopg.Connection) -> list[Relation]:
    """Return all relations of the mixture, by name."""
    return [
        Relation(schema, name, kind, tuple(_columns(connection, sql.Identifier(schema, name), kind)))
        for schema, name, kind in connection.execute(_RELATIONS).fetchall()
    ]


def _columns(connection: psycopg.Connection, table: sql.Identifier, kind: str) -> list[Column]:
    rows = connection.execute(_COLUMNS, [table.as_string()]).fetchall()
    return [
        Column(name, type_name, type_kind, _values(connection, table, kind, sql.Identifier(name), category))
        for name, type_name, category, type_kind in rows
    ]


def _values(
    connection: psycopg.Connection, table: sql.Identifier, kind: str, column: sql.Identifier, category: str
) -> tuple[str, ...]:
    """Return some values, spread by their hash, and where the type has an order the ends."""
    some = sql.SQL(
        "SELECT DISTINCT v FROM (SELECT {c}::text AS v FROM (SELECT {c} FROM {t} LIMIT {n}) AS s WHERE {c} IS NOT NULL"
        " ORDER BY md5({c}::text) LIMIT {k}) AS x ORDER BY v"
    ).format(c=column, t=table, n=_READ, k=_FEW)
    found = [row[0] for row in connection.execute(some)]
    if category in "DNSE" and kind in "rpm":
        ends = sql.SQL("SELECT min({c})::text, max({c})::text FROM {t}").format(c=column, t=table)
        found += [end for end in connection.execute(ends).fetchone() or () if end is not None]
    return tuple(value for value in found if len(value) < 60)
