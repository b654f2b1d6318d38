"""Bloat by estimate: indexes far larger than a fresh build of the same definition would be."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.catalog.index import Index, IndexSize
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics
from advisor.indexes.sizes.size import estimate_size

FACTOR = 2.0
"""How many times its fresh size an index must have: pages that were split in the course of time are two thirds full."""
WASTED = 10 * 1024 * 1024
"""Bytes that a rebuild must free."""


@dataclass(frozen=True, slots=True)
class Bloat:
    """One bloated index."""

    table: Table
    index: Index
    fresh: IndexSize
    """Its size right after REINDEX, by the size model."""

    @property
    def wasted(self) -> int:
        """Return the bytes a rebuild would free."""
        return self.index.size.bytes - self.fresh.bytes


def bloated(schema: Schema, statistics: Statistics, factor: float = FACTOR, wasted: int = WASTED) -> tuple[Bloat, ...]:
    """Return the b-trees that a rebuild would shrink by at least this factor and these bytes, most wasteful first.

    Tables and columns without statistics are left out: nothing can be said about them.
    """
    found = []
    for _, table in sorted(schema.tables.items()):
        for index in table.indexes:
            if index.definition.method != "btree" or index.partitioned or not _counted(index, table, statistics):
                continue
            one = Bloat(table, index, estimate_size(index.definition, table, statistics, schema.major))
            if one.wasted >= wasted and index.size.pages >= factor * one.fresh.pages:
                found.append(one)
    return tuple(sorted(found, key=lambda one: (-one.wasted, one.index.name)))


def _counted(index: Index, table: Table, statistics: Statistics) -> bool:
    """Return whether the table was analysed, and with it every column of the index."""
    columns = [key.column for key in index.definition.keys]
    analysed = all(column and statistics.column(table.schema, table.name, column) for column in columns)
    return analysed and statistics.rows(table.schema, table.name) > 0
