"""Columns of tables by name: what a schema's tuples hold, as dictionaries that are made once for a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisor.analysis.expression import Expression, Field
from advisor.catalog.schema import Column, Schema, Table

Columns = Mapping[str, Column]


class Lookup:
    """The columns of a schema's tables by name; each table's are looked at when it is first asked for."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._columns: dict[int, tuple[Table, Columns]] = {}

    def columns(self, table: Table) -> Columns:
        """Return the columns of a table by name, in their order."""
        known = self._columns.get(id(table))
        if known is None:
            known = self._columns[id(table)] = (table, {column.name: column for column in table.columns})
        return known[1]


_latest: list[Lookup] = []


def lookup(schema: Schema) -> Lookup:
    """Return the look-up of a schema; that of the latest one is kept, as all queries of a run share it."""
    if not _latest or _latest[0].schema is not schema:
        _latest[:] = [Lookup(schema)]
    return _latest[0]


class TableColumns(Mapping[str, Expression]):
    """The columns of one table occurrence as expressions, made when they are asked for."""

    def __init__(self, occurrence: int, columns: Columns, names: Sequence[str] = ()) -> None:
        self.occurrence = occurrence
        if names:
            shown = [*names, *list(columns)[len(names) :]]
            columns = dict(zip(shown, columns.values(), strict=False))
        self._columns = columns

    def __getitem__(self, name: str) -> Expression:
        """Return the column of this (perhaps aliased) name."""
        column = self._columns[name]
        return Field(self.occurrence, column.name, column.base_type or None)

    def __contains__(self, name: object) -> bool:
        """Whether there is a column of this name."""
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        """Yield the names in their order."""
        return iter(self._columns)

    def __len__(self) -> int:
        """Return how many columns there are."""
        return len(self._columns)
