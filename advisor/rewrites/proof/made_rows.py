"""Rows for the tables at hand: NULLs, duplicates, ties, children with no parent or many, and empty tables."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from advisor.catalog.schema import Column, Constraint, Schema, Table
from advisor.rewrites.proof.hostile_values import Values, chosen, unlike

Row = dict[str, str | None]
Rows = dict[tuple[str, str], list[Row]]
"""By schema and name of the table."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """How one set of rows is made."""

    rows: int
    null: float
    """How often a nullable column is NULL."""
    empty: bool = False
    """Whether one of the tables stays empty."""
    narrow: bool = False
    """Whether columns take very few values, so that nearly everything ties and meets."""
    uneven: bool = False
    """Whether each table has a quarter of the rows of the one before: most parents stay without a child."""

    def size(self, place: int) -> int:
        """Return how many rows the table at this place gets, parents before children."""
        return max(1, self.rows >> 2 * place) if self.uneven else self.rows


MIXTURES = (
    Mixture(20, 0.0, narrow=True), Mixture(9, 0.25), Mixture(5, 0.6), Mixture(6, 0.2, empty=True), Mixture(1, 0.1),
    Mixture(12, 0.0),
)  # fmt: skip

MORE = (
    Mixture(3, 0.0), Mixture(3, 0.1, empty=True), Mixture(2, 0.0, empty=True), Mixture(30, 0.05),
    Mixture(4, 0.0, narrow=True), Mixture(16, 0.1, narrow=True), Mixture(16, 0.0, uneven=True),
)  # fmt: skip
"""What is tried besides, where the statement found nothing in those."""


def ordered(tables: Iterable[Table]) -> list[Table]:
    """Return tables so that what a foreign key points at comes first; circles in the order of their names."""
    left = sorted(tables, key=lambda table: (table.schema, table.name))
    keys = {(table.schema, table.name) for table in left}
    done: list[Table] = []
    while left:
        placed = {(table.schema, table.name) for table in done}
        ready = [table for table in left if _needs(table) & keys <= placed | {(table.schema, table.name)}] or left[:1]
        done += ready
        left = [table for table in left if table not in ready]
    return done


def _needs(table: Table) -> set[tuple[str, str]]:
    return {one.references for one in table.constraints if one.kind == "foreign" and one.references}


def with_parents(schema: Schema, tables: Iterable[Table], depth: int = 3) -> list[Table]:
    """Return the tables and those their foreign keys point at."""
    found = {(table.schema, table.name): table for table in tables}
    for _ in range(depth):
        for table in list(found.values()):
            for key in _needs(table):
                if key in schema.tables:
                    found.setdefault(key, schema.tables[key])
    return ordered(found.values())


def make(tables: Sequence[Table], mixture: Mixture, values: Values, generator: random.Random) -> Rows:
    """Return rows for the tables, in order; a table of which a column can take no value gets none."""
    rows: Rows = {}
    empty = generator.choice(tables) if mixture.empty and len(tables) > 1 else None
    for place, table in enumerate(tables):
        key = (table.schema, table.name)
        rows[key] = []
        if table is not empty:
            made = (
                _row(table, number, mixture, values, generator, rows) for number in range(1, mixture.size(place) + 1)
            )
            for row in made:
                if row is not None and not _repeats(table, row, rows[key]):
                    rows[key].append(row)
            generator.shuffle(rows[key])
    return rows


def _row(
    table: Table, number: int, mixture: Mixture, values: Values, generator: random.Random, rows: Rows
) -> Row | None:
    row: Row = {}
    alone = {one.columns[-1] for one in table.constraints if one.kind in ("primary", "unique") and one.columns}
    for column in table.columns:
        if column.generated:
            continue
        pool = values.pool(column)
        pool = pool[:2] if mixture.narrow and column.base_type != "bool" else pool
        value = chosen(generator, pool, 0.0 if column.not_null else mixture.null)
        if column.name in alone and (other := unlike(column.base_type, number)) and value is not None:
            value = other
        if value is None and column.not_null:
            return None
        row[column.name] = value
    for constraint in table.constraints:
        if constraint.kind == "foreign":
            _point(row, constraint, table, mixture, generator, rows)
    return None if any(row.get(name, "") is None for name in _never(table)) else row


def _never(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.not_null and not column.generated]


def _point(
    row: Row, constraint: Constraint, table: Table, mixture: Mixture, generator: random.Random, rows: Rows
) -> None:
    """Give a foreign key the values of a row that it points at, or NULL."""
    assert constraint.references
    parents = rows.get(constraint.references, [])
    itself = constraint.references == (table.schema, table.name)
    may_null = all(not _column(table, name).not_null for name in constraint.columns)
    points = not may_null or generator.random() >= mixture.null
    if itself and points and generator.random() < 0.4:
        parent: Row | None = row
    else:
        parent = generator.choice(parents) if parents and points else row if itself and points else None
    for mine, its in zip(constraint.columns, constraint.referenced_columns, strict=True):
        if constraint.references in rows:
            row[mine] = parent.get(its) if parent else None


def _column(table: Table, name: str) -> Column:
    found = table.column(name)
    assert found
    return found


def _repeats(table: Table, row: Row, others: Sequence[Mapping[str, str | None]]) -> bool:
    """Return whether a unique constraint or index of plain columns refuses the row beside the others."""
    keys = [one.columns for one in table.constraints if one.kind in ("primary", "unique")]
    keys += [tuple(part.column or "" for part in index.definition.keys) for index in table.indexes
             if index.definition.unique and not index.definition.where and index.valid]  # fmt: skip
    return any(
        all(row.get(name) is not None and row.get(name) == other.get(name) for name in key)
        for key in keys if "" not in key for other in others
    )  # fmt: skip
