"""The ends of indexed columns, planted in the twin's empty b-trees.

When a condition reaches the first or the last bin of a histogram, the planner asks an index for the column's real
smallest or largest value. The twin's indexes answer with one tuple for each end, in the leaf of their skeleton
(`advisor.twin.skeleton`). The bytes of a value come from the server itself: it stores them in a scratch table, whose
pages are read. Source of the layouts: `htup_details.h`, `itup.h` and `selfuncs.c` (get_actual_variable_range).
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.twin.files import PAGE

_SCRATCH = "pgadvisor_ends"
_INDEXES = """
WITH RECURSIVE below AS (
    SELECT oid AS type, oid AS base, typbasetype, typtype FROM pg_type
    UNION ALL
    SELECT b.type, t.oid, t.typbasetype, t.typtype FROM below b JOIN pg_type t ON t.oid = b.typbasetype
    WHERE b.typtype = 'd'
)
SELECT i.indexrelid::bigint AS oid, n.nspname AS schema, c.relname AS name, tn.nspname AS table_schema,
       t.relname AS table, ta.attname AS column, ia.attname AS attribute, format_type(b.base, NULL) AS type,
       ia.attlen AS length, i.indnatts AS attributes, i.indoption[0] & 1 = 1 AS descending
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_attribute ia ON ia.attrelid = c.oid AND ia.attnum = 1 AND ia.attlen <> -2
LEFT JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = i.indkey[0] AND ta.attnum > 0
JOIN below b ON b.type = ia.atttypid AND b.typtype <> 'd'
WHERE i.indpred IS NULL AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
ORDER BY i.indexrelid
"""
_HEADER = 24
_LOWER = 12
"""Where a page notes the end of its line pointers."""
_DATA_OFFSET = 22
"""Where a row notes the beginning of its data."""
_VARIABLE, _NULLS = 0x4000, 0x8000
_LONGEST = 200
"""Characters of a value up to which table and index surely store it plain."""


@dataclass(frozen=True, slots=True)
class _Lead:
    """The first key of a b-tree index."""

    oid: int
    schema: str
    name: str
    table_schema: str
    table: str
    column: str | None
    attribute: str
    type: str
    length: int
    attributes: int
    descending: bool

    def ends(self, statistics: Statistics) -> tuple[str, str] | None:
        """Return the smallest and the largest value, where the snapshot knows both."""
        found: ColumnStatistics | None
        if self.column is not None:
            found = statistics.columns.get((self.table_schema, self.table, self.column))
        else:
            found = statistics.columns.get((self.schema, self.name, self.attribute))
        if found is None or found.low is None or found.high is None:
            return None
        return (found.low, found.high) if max(len(found.low), len(found.high)) <= _LONGEST else None


def leaf_tuples(connection: psycopg.Connection[Any], statistics: Statistics) -> dict[int, tuple[bytes, ...]]:
    """Return the tuples to plant, in the index's order, by index object id."""
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        leads = [_Lead(*row) for row in cursor.execute(_INDEXES.encode()).fetchall()]
    known = {lead: ends for lead in leads if (ends := lead.ends(statistics))}
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for lead, ends in known.items():
        wanted[lead.type].update(ends)
    stored = _stored(connection, wanted) if wanted else {}
    planted = {}
    for lead, ends in known.items():
        ordered = reversed(ends) if lead.descending else ends
        if all((lead.type, end) in stored for end in ends):
            planted[lead.oid] = tuple(
                _index_tuple(stored[lead.type, end], row, lead) for row, end in enumerate(ordered, 1)
            )
    return planted


def _index_tuple(image: bytes, row: int, lead: _Lead) -> bytes:
    """Return an index tuple whose first attribute is this value and whose others are NULL."""
    flags = (_VARIABLE if lead.length == -1 else 0) | (_NULLS if lead.attributes > 1 else 0)
    bitmap = struct.pack("<II", 1, 0) if lead.attributes > 1 else b""
    size = -(-(8 + len(bitmap) + len(image)) // 8) * 8
    header = struct.pack("<HHHH", 0, 0, row, size | flags)
    return (header + bitmap + image).ljust(size, b"\0")


def _stored(connection: psycopg.Connection[Any], wanted: Mapping[str, set[str]]) -> dict[tuple[str, str], bytes]:
    """Return the bytes under which the server stores each value, by type and value; none for a type it refuses."""
    values = {name: sorted(found) for name, found in sorted(wanted.items())}
    tables = {name: sql.Identifier(_SCRATCH, str(number)) for number, name in enumerate(values)}
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(_SCRATCH)))
    try:
        filled = [name for name in values if _store(connection, tables[name], name, values[name])]
        connection.execute("CHECKPOINT")
        return {
            (name, value): image
            for name in filled
            for value, image in zip(values[name], _images(connection, tables[name]), strict=True)
        }
    finally:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(_SCRATCH)))


def _store(connection: psycopg.Connection[Any], table: sql.Identifier, name: str, values: list[str]) -> bool:
    kind = sql.SQL(name)  # as format_type printed it
    try:
        connection.execute(sql.SQL("CREATE TABLE {} (value {})").format(table, kind))
        connection.execute(sql.SQL("INSERT INTO {} SELECT unnest(%s::text[])::{}").format(table, kind), [values])
    except psycopg.Error:
        return False
    return True


def _images(connection: psycopg.Connection[Any], table: sql.Identifier) -> Iterator[bytes]:
    """Yield the bytes of each row of a scratch table, in the order in which they were written."""
    name = table.as_string(connection)
    query = "SELECT pg_read_binary_file(pg_relation_filepath(%s::text::regclass))"
    row = connection.execute(query, [name], binary=True).fetchone()
    file = bytes(row[0]) if row else b""
    for start in range(0, len(file), PAGE):
        page = file[start : start + PAGE]
        (lower,) = struct.unpack_from("<H", page, _LOWER)
        for (pointer,) in struct.iter_unpack("<I", page[_HEADER:lower]):
            data = page[pointer & 0x7FFF :][: pointer >> 17]
            yield data[data[_DATA_OFFSET] :]
