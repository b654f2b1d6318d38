"""Rows of `pg_statistic`, laid out by us for servers that have no function to restore them (before 18).

Source of the slots' layout: `pg_statistic.h` and the analyze functions of PostgreSQL 13 to 17.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from advisor.catalog.statistics import ColumnStatistics

_MCV, _HISTOGRAM, _CORRELATION, _MCELEM, _DECHIST, _RANGE_LENGTH, _BOUNDS = range(1, 8)
_SLOTS = 5
_TEXT, _FLOAT8, _TEXT_EQUAL, _FLOAT8_LESS, _DEFAULT_COLLATION = 25, 701, 98, 672, 100

_NUMBERED = range(1, _SLOTS + 1)
INSERT = """
INSERT INTO pg_statistic
SELECT r.relation, r.number, r.inherited, r.null_frac, r.avg_width, r.n_distinct, {kinds}, {operators}, {collations},
       {numbers}, {values}
FROM json_to_recordset(%s) AS r (
    relation oid, number smallint, inherited boolean, null_frac real, avg_width integer, n_distinct real, {fields})
""".format(
    kinds=", ".join(f"r.kind{n}" for n in _NUMBERED),
    operators=", ".join(f"r.operator{n}" for n in _NUMBERED),
    collations=", ".join(f"r.collation{n}" for n in _NUMBERED),
    numbers=", ".join(f"r.numbers{n}" for n in _NUMBERED),
    values=", ".join(f"array_in(textout(r.values{n}), r.type{n}, -1)" for n in _NUMBERED),
    fields=", ".join(
        f"kind{n} smallint, operator{n} oid, collation{n} oid, numbers{n} real[], values{n} text, type{n} oid"
        for n in _NUMBERED
    ),
)
"""Inserts all records of a JSON array, each as `statistic_row` returns it."""

_TYPES = """
WITH RECURSIVE base AS (
    SELECT t.oid AS wanted, t.oid FROM pg_type t WHERE t.oid = ANY(%s::oid[])
    UNION ALL
    SELECT b.wanted, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd'
), resolved AS (
    SELECT b.wanted, t.oid, t.typelem, t.typtype,
           t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A' AS array
    FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd'
), ordered AS (
    SELECT r.*, element.oid AS subject, element.kind
    FROM resolved r CROSS JOIN LATERAL (VALUES (r.oid, 'own'), (CASE WHEN r.array THEN r.typelem END, 'element'))
        AS element (oid, kind)
    WHERE element.oid IS NOT NULL
), operators AS (
    SELECT DISTINCT ON (o.wanted, o.kind) o.wanted, o.kind, equal.amopopr AS equal, less.amopopr AS less
    FROM ordered o
    JOIN pg_type t ON t.oid = o.subject
    JOIN pg_opclass c ON c.opcdefault AND c.opcmethod = (SELECT oid FROM pg_am WHERE amname = 'btree')
    JOIN pg_amop equal ON equal.amopfamily = c.opcfamily AND equal.amopstrategy = 3
        AND equal.amoplefttype = c.opcintype AND equal.amoprighttype = c.opcintype
    JOIN pg_amop less ON less.amopfamily = c.opcfamily AND less.amopstrategy = 1
        AND less.amoplefttype = c.opcintype AND less.amoprighttype = c.opcintype
    LEFT JOIN pg_type input ON input.oid = c.opcintype
    WHERE c.opcintype = t.oid
       OR EXISTS (SELECT FROM pg_cast k
                  WHERE k.castsource = t.oid AND k.casttarget = c.opcintype AND k.castmethod = 'b')
       OR (t.typtype = 'e' AND input.typname = 'anyenum') OR (t.typtype = 'r' AND input.typname = 'anyrange')
       OR (t.typtype = 'm' AND input.typname = 'anymultirange') OR (t.typtype = 'c' AND input.typname = 'record')
       OR (t.typcategory = 'A' AND t.typlen = -1 AND t.typelem <> 0 AND input.typname = 'anyarray')
    ORDER BY o.wanted, o.kind, c.opcintype = t.oid DESC, input.typispreferred DESC, c.oid
)
SELECT r.wanted AS type, CASE WHEN r.array THEN r.typelem END AS element,
       coalesce((SELECT rngtypid FROM pg_range WHERE {multirange} = r.oid), r.oid) AS range,
       coalesce(own.equal, 0) AS equal, coalesce(own.less, 0) AS less, coalesce(element.equal, 0) AS element_equal
FROM resolved r
LEFT JOIN operators own ON own.wanted = r.wanted AND own.kind = 'own'
LEFT JOIN operators element ON element.wanted = r.wanted AND element.kind = 'element'
"""
_MULTIRANGES_SINCE = 140000


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """Object ids that the slots of a column of this type hold."""

    type: int
    element: int | None
    """Element type of an array type."""
    range: int
    """Range type of a multirange; any other type itself."""
    equal: int
    less: int
    element_equal: int


@dataclass(frozen=True, slots=True)
class _Slot:
    kind: int
    operator: int = 0
    collation: int = 0
    numbers: Sequence[float] | None = None
    values: Sequence[str] | None = None
    type: int = 0


def read_types(connection: psycopg.Connection[Any], types: Sequence[int]) -> Mapping[int, TypeFacts]:
    """Return the facts of these types."""
    multirange = "rngmultitypid" if connection.info.server_version >= _MULTIRANGES_SINCE else "NULL::oid"
    rows = connection.execute(_TYPES.format(multirange=multirange).encode(), [list(types)]).fetchall()
    return {row[0]: TypeFacts(*row) for row in rows}


def statistic_row(
    relation: int, number: int, inherited: bool, column: ColumnStatistics, facts: TypeFacts, collation: int
) -> dict[str, Any]:
    """Return one column's record for `INSERT`."""
    slots = [*_slots(column, facts, collation)][:_SLOTS]
    slots += [_Slot(0)] * (_SLOTS - len(slots))
    record: dict[str, Any] = {
        "relation": relation, "number": number, "inherited": inherited, "null_frac": column.null_frac,
        "avg_width": column.avg_width, "n_distinct": column.n_distinct,
    }  # fmt: skip
    for n, slot in zip(_NUMBERED, slots, strict=True):
        record[f"kind{n}"], record[f"operator{n}"], record[f"collation{n}"] = slot.kind, slot.operator, slot.collation
        record[f"numbers{n}"], record[f"type{n}"] = slot.numbers, slot.type
        record[f"values{n}"] = None if slot.values is None else array_literal(slot.values)
    return record


def _slots(column: ColumnStatistics, facts: TypeFacts, collation: int) -> Iterable[_Slot]:
    own = facts.type
    if column.most_common_vals is not None:
        yield _Slot(_MCV, facts.equal, collation, column.most_common_freqs, column.most_common_vals, own)
    if column.histogram_bounds is not None:
        yield _Slot(_HISTOGRAM, facts.less, collation, None, column.histogram_bounds, own)
    if column.correlation is not None:
        yield _Slot(_CORRELATION, facts.less, collation, (column.correlation,))
    if column.most_common_elems is not None:
        element, equal = facts.element or _TEXT, facts.element_equal if facts.element else _TEXT_EQUAL
        ordering = collation if facts.element else _DEFAULT_COLLATION
        yield _Slot(_MCELEM, equal, ordering, column.most_common_elem_freqs, column.most_common_elems, element)
    if column.elem_count_histogram is not None:
        yield _Slot(_DECHIST, facts.element_equal, collation, column.elem_count_histogram)
    if column.range_length_histogram is not None:
        empty = (column.range_empty_frac or 0.0,)
        yield _Slot(_RANGE_LENGTH, _FLOAT8_LESS, 0, empty, column.range_length_histogram, _FLOAT8)
    if column.range_bounds_histogram is not None:
        yield _Slot(_BOUNDS, 0, 0, None, column.range_bounds_histogram, facts.range)


def array_literal(values: Iterable[str]) -> str:
    """Return the text form of a one-dimensional array of these values."""
    listed = list(values)
    joined = '","'.join(listed)
    if "\\" not in joined and joined.count('"') == 2 * max(len(listed) - 1, 0):
        return f'{{"{joined}"}}' if listed else "{}"
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in listed)
    return "{" + ",".join(quoted) + "}"
