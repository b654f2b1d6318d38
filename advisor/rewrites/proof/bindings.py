"""Values for the parameters of a statement: those of rows that are there, at times of none, NULL, or too much."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from advisor.catalog.schema import Table
from advisor.rewrites.proof.hostile_values import Values, array, over, unlike
from advisor.rewrites.proof.made_rows import Row, Rows
from advisor.rewrites.proof.subject import Subject, Target

Vector = list[str | None]


class Binder:
    """Chooses values for one statement over one set of rows."""

    def __init__(
        self, subject: Subject, types: Sequence[str], rows: Rows, values: Values, generator: random.Random
    ) -> None:
        self.subject, self.types, self.rows = subject, types, rows
        self.values, self.generator = values, generator
        self._fresh = 100

    def vector(self) -> Vector:
        """Return one value a parameter; those that one table's columns are compared with come from one of its rows."""
        focus: dict[tuple[str, str], Row] = {}
        return [self._value(number, focus) for number in range(1, len(self.types) + 1)]

    def again(self, vector: Vector, numbers: Iterable[int]) -> Vector:
        """Return the vector with fresh values for these parameters."""
        other = self.vector()
        return [other[place] if place + 1 in set(numbers) else value for place, value in enumerate(vector)]

    def too_much(self, vector: Vector, numbers: Iterable[int]) -> Vector | None:
        """Return the vector with one value that is just too much for its column, `None` where no column has a limit."""
        limited = [
            (number, value) for number in numbers if (target := self.subject.targets.get(number))
            and (value := over(target.column)) is not None
            and (target.stored or not target.column.base_type.startswith("int"))
        ]  # fmt: skip
        if not limited:
            return None
        number, value = self.generator.choice(limited)
        return [value if place == number else old for place, old in enumerate(vector, 1)]

    def _value(self, number: int, focus: dict[tuple[str, str], Row]) -> str | None:
        if number in self.subject.sizes:
            return self.generator.choice(("1", "2", "3", "3", "10"))
        target, kind = self.subject.targets.get(number), self.types[number - 1]
        if target is None or target.column.base_type.startswith("_") != kind.endswith("[]"):
            if target is not None and kind.endswith("[]"):
                return array([self._compared(target, {}) for _ in range(2)])
            return self.generator.choice(self.values.any_of(kind))
        return self._stored(target) if target.stored else self._compared(target, focus)

    def _compared(self, target: Target, focus: dict[tuple[str, str], Row]) -> str | None:
        key = target.table.schema, target.table.name
        there = self.rows.get(key) or self._below(target)
        luck = self.generator.random()
        if there and luck < 0.8:
            row = focus.setdefault(key, self.generator.choice(there))
            if (value := row.get(target.column.name)) is not None:
                return value
        if there and luck < 0.92:
            return self.generator.choice(there).get(target.column.name)
        pool = self.values.pool(target.column)
        return self.generator.choice(pool) if pool and luck < 0.97 else None

    def _below(self, target: Target) -> list[Row]:
        """Return the rows of a table that a view takes this column from, by its name."""
        if target.table.kind != "view":
            return []
        return next((rows for rows in self.rows.values() if rows and target.column.name in rows[0]), [])

    def _stored(self, target: Target) -> str | None:
        luck, column = self.generator.random(), target.column
        if luck < 0.08 and not column.not_null:
            return None
        if (parents := self._parents(target.table, column.name)) is not None:
            return self.generator.choice(parents) if parents else None
        if luck < 0.7 and _unique(target.table, column.name):
            self._fresh += 1
            if (fresh := unlike(column.base_type, self._fresh)) is not None:
                return fresh
        there = [row.get(column.name) for row in self.rows.get((target.table.schema, target.table.name), [])]
        pool = [*self.values.pool(column), *(value for value in there if value is not None)]
        return self.generator.choice(pool) if pool else None

    def _parents(self, table: Table, name: str) -> list[str] | None:
        """Return the values that a foreign key may take, `None` where the column is none."""
        for one in table.constraints:
            if one.kind == "foreign" and name in one.columns and one.references in self.rows:
                its = one.referenced_columns[one.columns.index(name)]
                return [value for row in self.rows[one.references] if (value := row.get(its)) is not None]
        return None


def _unique(table: Table, name: str) -> bool:
    return any(one.kind in ("primary", "unique") and name in one.columns for one in table.constraints)
