"""Extended statistics: what ANALYZE found for `CREATE STATISTICS` objects, stored on the twin.

No server before 19 has a function for it. Their types have no input, but they are varlena like `bytea`, so that a
superuser may cast the serialised form. Source of that form: `statext_ndistinct_serialize`,
`statext_dependencies_serialize` and `statext_mcv_serialize` of PostgreSQL 13 to 18, which agree.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from advisor.catalog.statistics import ExtendedData, Statistics
from advisor.twin.contents.datums import stored
from advisor.twin.contents.expression_statistics import ROWS, expression_tables
from advisor.twin.servers.rights import Sessions

_NDISTINCT_MAGIC, _DEPENDENCIES_MAGIC, _MCV_MAGIC = 0xA352BFA4, 0xB4549A2C, 0xE1A651C2
_BASIC = 1
_VARLENA = -1
_ALIGNMENT = 8
_INHERIT_SINCE = 150000
_EXPRESSIONS_SINCE = 140000
_TYPES = ("pg_ndistinct", "pg_dependencies", "pg_mcv_list")
_COLUMNS = """
WITH RECURSIVE below AS (
    SELECT oid AS type, oid AS base, typbasetype, typtype FROM pg_type
    UNION ALL
    SELECT b.type, t.oid, t.typbasetype, t.typtype FROM below b JOIN pg_type t ON t.oid = b.typbasetype
    WHERE b.typtype = 'd'
)
SELECT a.attname, a.attnum, a.atttypid::bigint, format_type(b.base, NULL), t.typlen, t.typbyval
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
JOIN below b ON b.type = a.atttypid AND b.typtype <> 'd'
WHERE a.attrelid = %s::regclass AND a.attnum = ANY(%s) ORDER BY a.attnum
"""
_OBJECT = """
SELECT e.oid::bigint, e.stxrelid::regclass::text, e.stxkeys::smallint[]
FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace WHERE n.nspname = %s AND e.stxname = %s
"""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column or expression of an extended statistics object, as the twin has it."""

    name: str
    number: int
    """Attribute number; minus the place of an expression."""
    type: int
    type_name: str
    """The base type of a domain."""
    length: int
    by_value: bool


def load_extended(sessions: Sessions, statistics: Statistics) -> list[str]:
    """Store the data of all extended statistics objects; return a note for each that cannot be."""
    notes: list[str] = []
    if not statistics.extended:
        return notes
    connection = sessions.superuser
    rows: list[Callable[[], None]] = []
    with expression_tables(sessions, statistics) as tables:
        for (schema, name, inherited), data in sorted(statistics.extended.items(), key=lambda item: item[0]):
            row = connection.execute(_OBJECT, (schema, name)).fetchone()
            table = tables.get((schema, name))
            dimensions = _dimensions(connection, data, row, table) if row else None
            if row and dimensions is not None:
                values = _serialised(sessions, data, dimensions)
                place = row[0], inherited
                rows.append(partial(_store, connection, place, values, (len(data.expressions), table)))
            else:
                notes.append(f"extended statistics {schema}.{name} not used: the twin has no such object")
        with connection.transaction(), _casts(connection):  # nobody else ever sees these casts
            for store in rows:
                store()
    return notes


def _dimensions(
    connection: psycopg.Connection[Any], data: ExtendedData, row: Sequence[Any], table: str | None
) -> list[Dimension] | None:
    """Return columns in the order of the data, then expressions; `None` when the twin's object has others."""
    _, relation, keys = row
    found = {entry[0]: Dimension(*entry) for entry in connection.execute(_COLUMNS, (relation, keys)).fetchall()}
    numbers = list(range(1, data.expression_count + 1))
    if set(found) != set(data.attributes) or (numbers and table is None):
        return None
    expressions = connection.execute(_COLUMNS, (table, numbers)).fetchall() if table else []
    columns = [found[attribute] for attribute in data.attributes]
    return columns + [Dimension(name, -number, *rest) for name, number, *rest in expressions]


@contextmanager
def _casts(connection: psycopg.Connection[Any]) -> Iterator[None]:
    for name in _TYPES:
        connection.execute(sql.SQL("CREATE CAST (bytea AS {}) WITHOUT FUNCTION").format(sql.SQL(name)))
    try:
        yield
    finally:
        for name in _TYPES:
            connection.execute(sql.SQL("DROP CAST (bytea AS {})").format(sql.SQL(name)))


def _store(
    connection: psycopg.Connection[Any],
    place: tuple[int, bool],
    values: tuple[bytes | None, bytes | None, bytes | None],
    expressions: tuple[int, str | None],
) -> None:
    """Write one object's row: combinations, and the statistics of so many expressions, which a table holds."""
    version = connection.info.server_version
    object_id, inherited = place
    columns = ["stxoid", "stxdndistinct", "stxddependencies", "stxdmcv"]
    places = ["%s", "%s::bytea::pg_ndistinct", "%s::bytea::pg_dependencies", "%s::bytea::pg_mcv_list"]
    arguments: list[Any] = [object_id, *values]
    condition, key = "stxoid = %s", [object_id]
    if version >= _INHERIT_SINCE:
        columns, places, arguments = [*columns, "stxdinherit"], [*places, "%s"], [*arguments, inherited]
        condition, key = "stxoid = %s AND stxdinherit = %s", [object_id, inherited]
    if version >= _EXPRESSIONS_SINCE and expressions[0]:
        columns, places = [*columns, "stxdexpr"], [*places, ROWS]
        arguments += [*expressions, inherited]
    statement = f"INSERT INTO pg_statistic_ext_data ({', '.join(columns)}) VALUES ({', '.join(places)})"  # noqa: S608
    connection.execute(f"DELETE FROM pg_statistic_ext_data WHERE {condition}".encode(), key)  # noqa: S608
    connection.execute(statement.encode(), arguments)


def _serialised(
    sessions: Sessions, data: ExtendedData, dimensions: Sequence[Dimension]
) -> tuple[bytes | None, bytes | None, bytes | None]:
    production = [*data.numbers, *range(-1, -data.expression_count - 1, -1)]
    numbers = dict(zip(production, (dimension.number for dimension in dimensions), strict=True))
    return (
        ndistinct(data.n_distinct, numbers) if data.n_distinct else None,
        dependencies(data.dependencies, numbers) if data.dependencies else None,
        _common(sessions, data, dimensions) if data.most_common_vals else None,
    )


def ndistinct(text: str, numbers: Mapping[int, int]) -> bytes:
    """Return `pg_ndistinct` from its text form, with attribute numbers replaced."""
    items = [
        struct.pack(f"<di{len(columns)}h", float(value), len(columns), *columns)
        for key, value in json.loads(text).items()
        for columns in [[numbers[int(number)] for number in key.split(",")]]
    ]
    return struct.pack("<III", _NDISTINCT_MAGIC, _BASIC, len(items)) + b"".join(items)


def dependencies(text: str, numbers: Mapping[int, int]) -> bytes:
    """Return `pg_dependencies` from its text form, with attribute numbers replaced."""
    items = [
        struct.pack(f"<dh{len(columns)}h", float(degree), len(columns), *columns)
        for key, degree in json.loads(text).items()
        for columns in [[numbers[int(number)] for number in key.replace("=>", ",").split(",")]]
    ]
    return struct.pack("<III", _DEPENDENCIES_MAGIC, _BASIC, len(items)) + b"".join(items)


def _common(sessions: Sessions, data: ExtendedData, dimensions: Sequence[Dimension]) -> bytes | None:
    """Return `pg_mcv_list`, or nothing when a value is refused by its type."""
    rows = data.most_common_vals or ()
    texts = [sorted({row[n] or "" for row in rows if row[n] is not None}) for n in range(len(dimensions))]
    parts, indexes = [], []
    for dimension, values in zip(dimensions, texts, strict=True):
        images = stored(sessions, {dimension.type_name: values}) if values else {}
        if len(images) != len(values) or dimension.length < _VARLENA:
            return None
        try:
            ranks = _ranks(sessions.owner, dimension, values)
        except psycopg.Error:
            return None
        by_rank = {ranks[value]: _plain(images[dimension.type_name, value], dimension) for value in values}
        parts.append([by_rank[rank] for rank in sorted(by_rank)])
        indexes.append(ranks)
    return _mcv(data, dimensions, parts, indexes)


def _ranks(connection: psycopg.Connection[Any], dimension: Dimension, values: list[str]) -> dict[str, int]:
    """Return the place of each value in its type's order; values that are equal to the type share one."""
    query = sql.SQL("SELECT v, dense_rank() OVER (ORDER BY v::{}) - 1 FROM unnest(%s::text[]) AS v")
    return dict(connection.execute(query.format(sql.SQL(dimension.type_name)), [values]).fetchall())


def _plain(image: bytes, dimension: Dimension) -> bytes:
    """Return a value without its varlena header."""
    if dimension.length > 0:
        return image[: dimension.length]
    if image[0] & 1:
        return image[1 : image[0] >> 1]
    return image[4 : struct.unpack_from("<I", image)[0] >> 2]


def _mcv(
    data: ExtendedData,
    dimensions: Sequence[Dimension],
    parts: Sequence[Sequence[bytes]],
    indexes: Sequence[Mapping[str, int]],
) -> bytes:
    rows = data.most_common_vals or ()
    out = [struct.pack("<IIIh", _MCV_MAGIC, _BASIC, len(rows), len(dimensions))]
    out += [struct.pack("<I", dimension.type) for dimension in dimensions]
    out += [_dimension_info(dimension, values) for dimension, values in zip(dimensions, parts, strict=True)]
    for dimension, values in zip(dimensions, parts, strict=True):
        for value in values:
            out += [struct.pack("<I", len(value)), value] if dimension.length == _VARLENA else [value]
    frequencies = zip(data.most_common_freqs or (), data.most_common_base_freqs or (), strict=True)
    for row, pair in zip(rows, frequencies, strict=True):
        places = [0 if value is None else index[value] for value, index in zip(row, indexes, strict=True)]
        out += [
            bytes(value is None for value in row),
            struct.pack("<dd", *pair),
            struct.pack(f"<{len(places)}H", *places),
        ]
    return b"".join(out)


def _dimension_info(dimension: Dimension, values: Sequence[bytes]) -> bytes:
    if dimension.length == _VARLENA:
        size = sum(4 + len(value) for value in values)
        aligned = sum(_aligned(4 + len(value)) for value in values)
    else:
        size = dimension.length * len(values)
        aligned = 0 if dimension.by_value else _aligned(dimension.length) * len(values)
    return struct.pack("<iiii?3x", len(values), size, aligned, dimension.length, dimension.by_value)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
