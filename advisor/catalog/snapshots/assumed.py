"""Sizes for tables nobody has counted: what stands in for statistics when there is only a schema dump."""

from __future__ import annotations

import math
from dataclasses import replace

from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import RelationStatistics, Statistics

ROWS = 1_000_000
"""Rows every table is taken to have: enough that access paths matter."""
VARIABLE_WIDTH = 32
"""Bytes a value of variable length is taken to have, as the planner does (`get_typavgwidth`)."""
TUPLE_OVERHEAD = 28
"""Bytes of tuple header and line pointer."""
PAGE = 8168
"""Bytes of a page that tuples can use."""


def assumed(statistics: Statistics, schema: Schema) -> Statistics:
    """Return the statistics with an assumed size for every table that has none; those known stay as they are."""
    relations = {
        key: _size(table)
        for key, table in schema.tables.items()
        if table.kind in ("table", "matview") and key not in statistics.relations
    }
    return replace(statistics, relations={**relations, **statistics.relations})


def _size(table: Table) -> RelationStatistics:
    width = TUPLE_OVERHEAD + sum(column.length if column.length > 0 else VARIABLE_WIDTH for column in table.columns)
    pages = math.ceil(ROWS / max(PAGE // width, 1))
    return RelationStatistics(rows=float(ROWS), pages=pages, all_visible=pages)
