"""A live server in, `Schema` and `Statistics` out; works on servers 13–18 and needs no superuser.

The connection is only read from. What a role may not see (`pg_stats` of tables it cannot select from) is missing from
the result, not an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import psycopg
from psycopg.rows import tuple_row

from advisor.catalog.extended_statistics import ExtendedStatistics, StatisticsKind
from advisor.catalog.live import table_queries
from advisor.catalog.live.ends import read_ends
from advisor.catalog.live.export_queries import Record, fetch_records
from advisor.catalog.live.index_rows import index_from_row
from advisor.catalog.live.records import statistics_from_records
from advisor.catalog.schema import Column, Constraint, Policy, Schema, Table
from advisor.catalog.statistics import Statistics

_KINDS: dict[str, Any] = {"r": "table", "p": "partitioned", "v": "view", "m": "matview", "f": "foreign"}
_CONSTRAINTS: dict[str, Any] = {"p": "primary", "u": "unique", "f": "foreign", "c": "check", "x": "exclusion"}
_STATISTICS_KINDS: dict[str, StatisticsKind] = {"d": "ndistinct", "f": "dependencies", "m": "mcv"}
_RANGES_SINCE = 170000
"""First server whose `pg_stats` shows the statistics of range columns; before, only a superuser can read them."""

_EXPRESSIONS_SINCE = 140000
"""First server whose extended statistics hold expressions."""

_Member = TypeVar("_Member")


def read_schema(connection: psycopg.Connection[Any]) -> Schema:
    """Return all user tables, views and their columns, constraints, indexes and extended statistics objects.

    System schemas are left out.
    """
    columns = _by_table(_rows(connection, table_queries.COLUMNS), _column)
    constraints = _by_table(_rows(connection, table_queries.CONSTRAINTS), _constraint)
    measured = statistics_from_records(read_index_records(connection))
    indexes = _by_table(_rows(connection, table_queries.INDEXES), lambda row: index_from_row(row, measured))
    extended = _by_table(_rows(connection, table_queries.EXTENDED_STATISTICS), _extended_statistics)
    policies = _by_table(_rows(connection, table_queries.POLICIES), _policy)
    tables = {
        (row[1], row[2]): replace(
            _table(row, columns[row[0]], constraints[row[0]], indexes[row[0]], extended[row[0]]),
            policies=policies[row[0]],
        )
        for row in _rows(connection, table_queries.RELATIONS)
    }
    return Schema(
        tables=tables,
        server_version=connection.info.server_version,
        search_path=tuple(_rows(connection, table_queries.SEARCH_PATH)[0][0]),
        extensions=tuple(row[0] for row in _rows(connection, table_queries.EXTENSIONS)),
        immutable_functions=frozenset(row[0] for row in _rows(connection, table_queries.IMMUTABLE_FUNCTIONS)),
        types=dict(_rows(connection, table_queries.TYPES)),
        settings_functions=dict(_rows(connection, table_queries.SETTINGS_FUNCTIONS)),
        leakproof=frozenset(map(tuple, _rows(connection, table_queries.LEAKPROOF))),
    )


def read_statistics(connection: psycopg.Connection[Any]) -> Statistics:
    """Return planner statistics, real sizes, b-tree heights and activity of all user tables and indexes."""
    return statistics_from_records(read_statistics_records(connection))


def read_statistics_records(connection: psycopg.Connection[Any]) -> list[Record]:
    """Return the records that `sql/export/snapshot.sql` writes to `statistics.jsonl`."""
    expressions = ["expressions"] if connection.info.server_version >= _EXPRESSIONS_SINCE else []
    names = ["relations", "columns", *_range_queries(connection), "extended", *expressions]
    records = [record for name in names for record in fetch_records(connection, name)]
    records += read_index_records(connection)
    records += fetch_records(connection, "activity")
    return [*records, *read_ends(connection), *fetch_records(connection, "end")]


def _range_queries(connection: psycopg.Connection[Any]) -> list[str]:
    if connection.info.server_version >= _RANGES_SINCE:
        return ["ranges"]
    return ["ranges_before_17"] if _is_superuser(connection) else []


def read_index_records(connection: psycopg.Connection[Any]) -> list[Record]:
    """Return the records of indexes, and to a superuser those of their metapages."""
    records = fetch_records(connection, "indexes")
    if _is_superuser(connection):
        if schema := _rows(connection, table_queries.PAGEINSPECT):
            return records + fetch_records(connection, "metapages", pageinspect=schema[0][0])
        return records + fetch_records(connection, "metapages_from_files")
    return records


def _is_superuser(connection: psycopg.Connection[Any]) -> bool:
    return bool(_rows(connection, table_queries.IS_SUPERUSER)[0][0])


def _rows(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


def _by_table(
    rows: Sequence[Sequence[Any]], build: Callable[[Sequence[Any]], _Member]
) -> defaultdict[int, tuple[_Member, ...]]:
    members: defaultdict[int, list[_Member]] = defaultdict(list)
    for row in rows:
        members[row[0]].append(build(row))
    return defaultdict(tuple, {table: tuple(found) for table, found in members.items()})


def _table(row: Sequence[Any], columns: Any, constraints: Any, indexes: Any, extended: Any) -> Table:
    _, schema, name, kind, parent, partition_key, definition, fillfactor, row_security, forced, invoker = row
    return Table(
        schema=schema,
        name=name,
        kind=_KINDS[kind],
        columns=columns,
        constraints=constraints,
        indexes=indexes,
        parent=(parent[0], parent[1]) if parent else None,
        partition_key=partition_key,
        definition=definition,
        fillfactor=fillfactor,
        row_security=row_security,
        force_row_security=forced,
        security_invoker=invoker,
        extended_statistics=extended,
    )


def _policy(row: Sequence[Any]) -> Policy:
    _, name, command, permissive, roles, using = row
    return Policy(name, command, permissive, tuple(roles), using)


def _column(row: Sequence[Any]) -> Column:
    return Column(*row[1:])


def _extended_statistics(row: Sequence[Any]) -> ExtendedStatistics:
    _, schema, name, table_schema, table, columns, letters = row
    kinds = tuple(kind for letter, kind in _STATISTICS_KINDS.items() if letter in letters)
    return ExtendedStatistics(schema, name, table_schema, table, tuple(columns), kinds)


def _constraint(row: Sequence[Any]) -> Constraint:
    _, name, kind, columns, references, referenced, on_delete, definition, validated = row
    return Constraint(
        name=name,
        kind=_CONSTRAINTS[kind],
        columns=tuple(columns),
        references=(references[0], references[1]) if references else None,
        referenced_columns=tuple(referenced),
        on_delete=on_delete,
        definition=definition,
        validated=validated,
    )
