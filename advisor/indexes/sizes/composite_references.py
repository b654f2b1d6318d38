"""Columns that refer to a key of several columns: how many combinations of their values there can be.

Statistics count each column's values; their combinations nobody counts, and they are far fewer than all that could be.
What bounds them are the rows of the table referred to: by a declared foreign key, or where statements of the workload
join all columns of a unique index of another table, as nearly always happens along a reference only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics

Combinations = Mapping[frozenset[str], float]
"""Sets of two or more columns of one table, each with the most combinations of values it may hold."""


def references(
    shapes: Iterable[QueryShape], schema: Schema, statistics: Statistics
) -> Mapping[tuple[str, str], Combinations]:
    """Return, per table, the column sets that refer to keys of other tables."""
    found: dict[tuple[str, str], dict[frozenset[str], float]] = defaultdict(dict)
    for place, columns, target in (*_declared(schema), *_joined(shapes, schema)):
        rows = statistics.rows(*target)
        if len(columns) > 1 and rows > 0:
            found[place][columns] = min(rows, found[place].get(columns, rows))
    return found


Reference = tuple[tuple[str, str], frozenset[str], tuple[str, str]]
"""A table, its columns, and the table they refer to."""


def _declared(schema: Schema) -> Iterator[Reference]:
    for place, table in schema.tables.items():
        for constraint in table.constraints:
            if constraint.kind == "foreign" and constraint.references:
                yield place, frozenset(constraint.columns), constraint.references


def _joined(shapes: Iterable[QueryShape], schema: Schema) -> Iterator[Reference]:
    for shape in shapes:
        places = {one.occurrence: (one.schema, one.table) for one in shape.tables}
        for mine in shape.tables:
            for other, pairs in _pairs(mine).items():
                target = places.get(other, ("", ""))
                for key in unique_keys(schema.tables[target]) if target in schema.tables else ():
                    if key <= pairs.keys():
                        yield (mine.schema, mine.table), frozenset(pairs[name] for name in key), target


def _pairs(mine: TableShape) -> Mapping[int, Mapping[str, str]]:
    """Return, per other occurrence, its columns that are compared for equality with columns of this one."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for edge in mine.joins:
        if edge.operator == "=" and edge.term.column and edge.other_term.column:
            found[edge.other].setdefault(edge.other_term.column, edge.term.column)
    return found


def unique_keys(table: Table) -> Iterator[frozenset[str]]:
    """Yield the columns of each unique index over the whole table; those on expressions are left out."""
    for index in table.indexes:
        definition = index.definition
        columns = [key.column for key in definition.keys]
        if definition.unique and index.valid and not definition.where and None not in columns:
            yield frozenset(column for column in columns if column)
