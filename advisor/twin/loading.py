"""Column statistics: from the snapshot into the twin's `pg_statistic`.

Servers from 18 on take them through `pg_restore_attribute_stats`; older ones through an INSERT, which a superuser may
do (`advisor.twin.slots` lays the row out).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.twin.slots import INSERT, TypeFacts, read_types, statistic_row

_RESTORE_SINCE = 180000

_RESTORE = """
SELECT pg_restore_attribute_stats(
    'schemaname', %s::text, 'relname', %s::text, 'attnum', %s::smallint, 'inherited', %s::boolean,
    'version', current_setting('server_version_num')::integer,
    'null_frac', %s::real, 'avg_width', %s::integer, 'n_distinct', %s::real,
    'most_common_vals', %s::text[]::text, 'most_common_freqs', %s::real[],
    'histogram_bounds', %s::text[]::text, 'correlation', %s::real,
    'most_common_elems', %s::text[]::text, 'most_common_elem_freqs', %s::real[],
    'elem_count_histogram', %s::real[], 'range_length_histogram', %s::text[]::text,
    'range_empty_frac', %s::real, 'range_bounds_histogram', %s::text[]::text)
"""

_ATTRIBUTES = """
SELECT n.nspname AS schema, c.relname AS relation, a.attname AS name, c.oid AS relation_oid, a.attnum AS number,
       a.atttypid AS type, a.attcollation AS collation, i.indexrelid IS NOT NULL AS expression,
       coalesce(o.opckeytype, 0) <> 0 AS stored_otherwise, t.indrelid::regclass::text AS heap,
       pg_get_indexdef(i.indexrelid, a.attnum, false) AS definition
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index t ON t.indexrelid = c.oid
LEFT JOIN pg_index i ON i.indexrelid = c.oid AND a.attnum <= i.indnkeyatts AND i.indkey[a.attnum - 1] = 0
LEFT JOIN pg_opclass o ON o.oid = i.indclass[a.attnum - 1]
WHERE c.relkind IN ('r', 'm', 'p', 'f', 'i', 'I') AND (t.indexrelid IS NULL OR i.indexrelid IS NOT NULL)
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\\_temp%'
"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of a table, or an expression of an index, as the twin has it."""

    schema: str
    relation: str
    name: str
    relation_oid: int
    number: int
    type: int
    collation: int
    expression: bool
    stored_otherwise: bool
    """Whether the index stores another type than the expression's, as GIN does."""
    heap: str | None
    definition: str | None


def load_columns(connection: psycopg.Connection[Any], statistics: Statistics) -> list[str]:
    """Write all column statistics; return a note for each that found no place or that the server refused."""
    attributes = {(a.schema, a.relation, a.name): a for a in _attributes(connection)}
    wanted, notes = [], []
    for key, column, inherited in _all(statistics):
        if attribute := attributes.get(key):
            wanted.append((attribute, column, inherited))
        else:
            notes.append(f"statistics of {'.'.join(key)} not used: the twin has no such column")
    if connection.info.server_version >= _RESTORE_SINCE:
        return notes + _restore(connection, wanted)
    return notes + _insert(connection, wanted)


Wanted = list[tuple[Attribute, ColumnStatistics, bool]]


def _all(statistics: Statistics) -> Iterator[tuple[tuple[str, str, str], ColumnStatistics, bool]]:
    for inherited, columns in ((False, statistics.columns), (True, statistics.inherited)):
        for key, column in sorted(columns.items()):
            yield key, column, inherited


def _attributes(connection: psycopg.Connection[Any]) -> list[Attribute]:
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return [Attribute(*row) for row in cursor.execute(_ATTRIBUTES.encode()).fetchall()]


def _restore(connection: psycopg.Connection[Any], wanted: Wanted) -> list[str]:
    refusals: list[str] = []
    connection.add_notice_handler(lambda notice: refusals.append(f"statistics: {notice.message_primary}"))
    with connection.cursor() as cursor:
        cursor.executemany(_RESTORE.encode(), [_arguments(*entry) for entry in wanted])
    return refusals


def _arguments(attribute: Attribute, column: ColumnStatistics, inherited: bool) -> tuple[Any, ...]:
    return (
        attribute.schema, attribute.relation, attribute.number, inherited,
        column.null_frac, column.avg_width, column.n_distinct,
        _list(column.most_common_vals), _floats(column.most_common_freqs),
        _list(column.histogram_bounds), column.correlation,
        _list(column.most_common_elems), _floats(column.most_common_elem_freqs),
        _floats(column.elem_count_histogram), _list(column.range_length_histogram),
        column.range_empty_frac, _list(column.range_bounds_histogram),
    )  # fmt: skip


def _list(values: Iterable[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)


def _floats(values: Iterable[float] | None) -> list[float] | None:
    return None if values is None else [float(value) for value in values]


def _insert(connection: psycopg.Connection[Any], wanted: Wanted) -> list[str]:
    types = [_type(connection, attribute) for attribute, _, _ in wanted]
    facts: Mapping[int, TypeFacts] = read_types(connection, sorted(set(types)))
    rows = [
        statistic_row(attribute.relation_oid, attribute.number, inherited, column, facts[type], attribute.collation)
        for (attribute, column, inherited), type in zip(wanted, types, strict=True)
    ]
    relations = sorted({attribute.relation_oid for attribute, _, _ in wanted})
    connection.execute("DELETE FROM pg_statistic WHERE starelid = ANY(%s)", [relations])
    try:
        with connection.cursor() as cursor:
            cursor.executemany(INSERT.encode(), rows)
    except psycopg.Error:
        return [
            note for entry, row in zip(wanted, rows, strict=True) if (note := _insert_one(connection, entry[0], row))
        ]
    return []


def _insert_one(connection: psycopg.Connection[Any], attribute: Attribute, row: list[Any]) -> str | None:
    """Insert one row after the batch failed; return a note when the server refuses it."""
    try:
        connection.execute(INSERT.encode(), row)
    except psycopg.Error as error:
        name = f"{attribute.schema}.{attribute.relation}.{attribute.name}"
        return f"statistics of {name} not used: {error.diag.message_primary}"
    return None


def _type(connection: psycopg.Connection[Any], attribute: Attribute) -> int:
    """Return the type the statistics are of: the expression's own where the index stores another."""
    if not (attribute.expression and attribute.stored_otherwise):
        return attribute.type
    probe = f"SELECT {attribute.definition} FROM ONLY {attribute.heap} LIMIT 0"  # noqa: S608 - both printed by the server
    description = connection.execute(probe.encode()).description
    return description[0].type_code if description else attribute.type
