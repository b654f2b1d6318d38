"""Column statistics: from the snapshot into the twin's `pg_statistic`.

Servers from 18 on take them through `pg_restore_attribute_stats`; older ones through an INSERT, which a superuser may
do (`advisor.twin.contents.statistic_slots` lays the row out). All go in one round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from psycopg.rows import namedtuple_row

from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.twin.contents.harmless_types import types_with_functions, without_checks
from advisor.twin.contents.statistic_slots import INSERT, TypeFacts, array_literal, read_types, statistic_row
from advisor.twin.servers.rights import Sessions

_RESTORE_SINCE = 180000

_RESTORE = """
SELECT pg_catalog.pg_restore_attribute_stats(
    'schemaname', r.schema, 'relname', r.relation, 'attnum', r.number, 'inherited', r.inherited,
    'version', pg_catalog.current_setting('server_version_num')::integer,
    'null_frac', r.null_frac, 'avg_width', r.avg_width, 'n_distinct', r.n_distinct,
    'most_common_vals', r.most_common_vals, 'most_common_freqs', r.most_common_freqs,
    'histogram_bounds', r.histogram_bounds, 'correlation', r.correlation,
    'most_common_elems', r.most_common_elems, 'most_common_elem_freqs', r.most_common_elem_freqs,
    'elem_count_histogram', r.elem_count_histogram, 'range_length_histogram', r.range_length_histogram,
    'range_empty_frac', r.range_empty_frac, 'range_bounds_histogram', r.range_bounds_histogram)
FROM pg_catalog.json_to_recordset(%s) AS r (
    schema text, relation text, number smallint, inherited boolean, null_frac real, avg_width integer, n_distinct real,
    most_common_vals text, most_common_freqs real[], histogram_bounds text, correlation real, most_common_elems text,
    most_common_elem_freqs real[], elem_count_histogram real[], range_length_histogram text, range_empty_frac real,
    range_bounds_histogram text)
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


def load_columns(sessions: Sessions, statistics: Statistics) -> list[str]:
    """Write all column statistics; return a note for each that found no place or that the server refused."""
    attributes = {(a.schema, a.relation, a.name): a for a in _attributes(sessions.superuser)}
    wanted, notes = [], []
    for key, column, inherited in _all(statistics):
        if attribute := attributes.get(key):
            wanted.append((attribute, column, inherited))
        else:
            notes.append(f"statistics of {'.'.join(key)} not used: the twin has no such column")
    if sessions.superuser.info.server_version >= _RESTORE_SINCE:
        return notes + _restore(sessions, wanted)
    return notes + _insert(sessions, wanted)


Wanted = list[tuple[Attribute, ColumnStatistics, bool]]


def _all(statistics: Statistics) -> Iterator[tuple[tuple[str, str, str], ColumnStatistics, bool]]:
    for inherited, columns in ((False, statistics.columns), (True, statistics.inherited)):
        for key, column in sorted(columns.items()):
            yield key, column, inherited


def _attributes(connection: psycopg.Connection[Any]) -> list[Attribute]:
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return [Attribute(*row) for row in cursor.execute(_ATTRIBUTES.encode()).fetchall()]


def _restore(sessions: Sessions, wanted: Wanted) -> list[str]:
    """Load as the owner: reading a value may run functions of its type, such as a domain's check."""
    refusals: list[str] = []

    def load(entries: Sequence[Any]) -> None:
        owner = sessions.owner
        owner.add_notice_handler(note)
        try:
            owner.execute(_RESTORE.encode(), [orjson.dumps(entries).decode()])
        finally:
            owner.remove_notice_handler(note)

    def note(notice: psycopg.errors.Diagnostic) -> None:
        refusals.append(f"statistics: {notice.message_primary}")

    return [*_batched(load, [_record(*entry) for entry in wanted], wanted), *refusals]


def _record(attribute: Attribute, column: ColumnStatistics, inherited: bool) -> dict[str, Any]:
    return {
        "schema": attribute.schema, "relation": attribute.relation, "number": attribute.number, "inherited": inherited,
        "null_frac": column.null_frac, "avg_width": column.avg_width, "n_distinct": column.n_distinct,
        "most_common_vals": _values(column.most_common_vals), "most_common_freqs": column.most_common_freqs,
        "histogram_bounds": _values(column.histogram_bounds), "correlation": column.correlation,
        "most_common_elems": _values(column.most_common_elems),
        "most_common_elem_freqs": column.most_common_elem_freqs, "elem_count_histogram": column.elem_count_histogram,
        "range_length_histogram": _values(column.range_length_histogram), "range_empty_frac": column.range_empty_frac,
        "range_bounds_histogram": _values(column.range_bounds_histogram),
    }  # fmt: skip


def _values(values: Sequence[str] | None) -> str | None:
    return None if values is None else array_literal(values)


def _batched(load: Callable[[Sequence[Any]], None], records: Sequence[Any], wanted: Wanted) -> Iterator[str]:
    """Load all records in one round trip, one by one when the server refuses; yield a note for each it refuses."""
    try:
        load(records)
    except psycopg.Error:
        for (attribute, _, _), record in zip(wanted, records, strict=True):
            try:
                load([record])
            except psycopg.Error as error:
                name = f"{attribute.schema}.{attribute.relation}.{attribute.name}"
                yield f"statistics of {name} not used: {error.diag.message_primary}"


def _insert(sessions: Sessions, wanted: Wanted) -> list[str]:
    """Load as superuser, who alone may: without checks of domains, and without types that run a dump's functions."""
    connection = sessions.superuser
    types = [_type(sessions, attribute) for attribute, _, _ in wanted]
    facts: Mapping[int, TypeFacts] = read_types(connection, sorted(set(types)))
    risky = types_with_functions(connection, sorted(set(types)))
    kept = [(entry, type) for entry, type in zip(wanted, types, strict=True) if type not in risky]
    notes = [
        f"statistics of {attribute.schema}.{attribute.relation}.{attribute.name} not used: reading them runs its type's"
        " own functions, which this version of PostgreSQL can do as superuser only"
        for (attribute, _, _), type in zip(wanted, types, strict=True)
        if type in risky
    ]
    rows = [
        statistic_row(attribute.relation_oid, attribute.number, inherited, column, facts[type], attribute.collation)
        for (attribute, column, inherited), type in kept
    ]
    relations = sorted({attribute.relation_oid for attribute, _, _ in wanted})
    connection.execute("DELETE FROM pg_statistic WHERE starelid = ANY(%s)", [relations])

    def load(records: Sequence[Any]) -> None:
        with connection.transaction(), without_checks(connection):
            connection.execute(INSERT.encode(), [orjson.dumps(records).decode()])

    return [*notes, *_batched(load, rows, [entry for entry, _ in kept])]


def _type(sessions: Sessions, attribute: Attribute) -> int:
    """Return the type the statistics are of: the expression's own where the index stores another."""
    if not (attribute.expression and attribute.stored_otherwise):
        return attribute.type
    probe = f"SELECT {attribute.definition} FROM ONLY {attribute.heap} LIMIT 0"  # noqa: S608 - both printed by the server
    try:
        description = sessions.owner.execute(probe.encode()).description
    except psycopg.Error:
        return attribute.type
    return description[0].type_code if description else attribute.type
