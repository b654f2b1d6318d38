"""The ends of indexed columns, planted in the twin's empty b-trees.

When a condition reaches the first or the last bin of a histogram, the planner asks an index for the column's real
smallest or largest value. The twin's indexes answer with one tuple for each end, in the leaf of their skeleton
(`skeleton`). The bytes of a value come from the server itself: it stores them in a scratch table, whose
pages are read. Source of the layouts: `htup_details.h`, `itup.h` and `selfuncs.c` (get_actual_variable_range).
"""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass

from psycopg.rows import namedtuple_row

from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.twin.contents.datums import stored
from advisor.twin.servers.rights import Sessions

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


def leaf_tuples(sessions: Sessions, statistics: Statistics) -> dict[int, tuple[bytes, ...]]:
    """Return the tuples to plant, in the index's order, by index object id."""
    with sessions.superuser.cursor(row_factory=namedtuple_row) as cursor:
        leads = [_Lead(*row) for row in cursor.execute(_INDEXES.encode()).fetchall()]
    known = {lead: ends for lead in leads if (ends := lead.ends(statistics))}
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for lead, ends in known.items():
        wanted[lead.type].update(ends)
    images = stored(sessions, wanted)
    planted = {}
    for lead, ends in known.items():
        ordered = reversed(ends) if lead.descending else ends
        if all((lead.type, end) in images for end in ends):
            planted[lead.oid] = tuple(
                _index_tuple(images[lead.type, end], row, lead) for row, end in enumerate(ordered, 1)
            )
    return planted


def _index_tuple(image: bytes, row: int, lead: _Lead) -> bytes:
    """Return an index tuple whose first attribute is this value and whose others are NULL."""
    flags = (_VARIABLE if lead.length == -1 else 0) | (_NULLS if lead.attributes > 1 else 0)
    bitmap = struct.pack("<II", 1, 0) if lead.attributes > 1 else b""
    size = -(-(8 + len(bitmap) + len(image)) // 8) * 8
    header = struct.pack("<HHHH", 0, 0, row, size | flags)
    return (header + bitmap + image).ljust(size, b"\0")
