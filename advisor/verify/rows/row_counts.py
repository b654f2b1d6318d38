"""How many rows each table gets, and which tables get rows by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics

Key = tuple[str, str]
SMALL = 1000
"""Rows up to which a table is never made smaller: small tables are part of what plans rest on."""
_VERSIONS = "alembic_version"


def filled_tables(schema: Schema) -> Iterator[Table]:
    """Yield the tables to be filled: leaves of partitioned tables, but the root where rows are spread by hash."""
    for _, table in sorted(schema.tables.items()):
        hashed = _by_hash(table)
        if table.name == _VERSIONS or any(_by_hash(one) for one in ancestors(schema, table)):
            continue
        if table.kind == "table" or hashed:
            yield table


def ancestors(schema: Schema, table: Table) -> Iterator[Table]:
    """Yield the partitioned tables above a partition, the nearest first."""
    above = schema.tables.get(table.parent) if table.parent else None
    while above is not None and above.kind == "partitioned":
        yield above
        above = schema.tables.get(above.parent) if above.parent else None


def leaves(schema: Schema, table: Table) -> Iterator[Table]:
    """Yield the leaf partitions below a table."""
    for _, one in sorted(schema.tables.items()):
        if one.kind != "partitioned" and table in ancestors(schema, one):
            yield one


def _by_hash(table: Table) -> bool:
    return table.kind == "partitioned" and (table.partition_key or "").upper().startswith("HASH")


def row_counts(schema: Schema, statistics: Statistics, largest: int) -> Mapping[Key, int]:
    """Return the rows of each table to be filled: the largest gets `largest` at most, the others in proportion."""
    real = {(one.schema, one.name): _rows(schema, statistics, one) for one in filled_tables(schema)}
    share = min(1.0, largest / max(max(real.values(), default=0), 1))
    return {key: rows if rows <= SMALL else max(SMALL, round(rows * share)) for key, rows in real.items()}


def _rows(schema: Schema, statistics: Statistics, table: Table) -> int:
    if table.kind == "partitioned":
        return sum(round(statistics.rows(one.schema, one.name)) for one in leaves(schema, table))
    return round(statistics.rows(table.schema, table.name))
