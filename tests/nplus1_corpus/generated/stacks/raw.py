"""Hand-written SQL in a style of its own for each program: what drivers without an ORM send."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from tests.nplus1_corpus.generated.domain import Table
from tests.nplus1_corpus.generated.stacks.stack import Row


class RawStack(ABC):
    """Builds statements; a driver's class runs them."""

    any_lists = False
    """Whether lists are sent as one array."""

    def __init__(self, chance: random.Random, autocommit: bool) -> None:
        self.autocommit = autocommit
        self.quoted = chance.random() < 0.4
        self.alias = chance.choice(("", "", "t", "x"))
        self.star = chance.random() < 0.3
        self.upper = chance.random() < 0.8
        self.line = chance.choice((" ", " ", "\n"))
        self.values: list[Any] = []

    @abstractmethod
    def run(self, text: str, values: list[Any], *, returns: bool) -> list[Any]:
        """Run a statement and return its rows as sequences."""

    def place(self, number: int) -> str:
        """Return the placeholder of a value, counted from 1."""
        return "%s"

    def begin(self) -> None:
        """Begin a transaction."""
        if not self.autocommit:
            self.run("BEGIN", [], returns=False)

    def commit(self) -> None:
        """Commit it."""
        if not self.autocommit:
            self.run("COMMIT", [], returns=False)

    def _word(self, text: str) -> str:
        return text if self.upper else text.lower()

    def _name(self, name: str) -> str:
        return f'"{name}"' if self.quoted else name

    def _column(self, name: str) -> str:
        return f"{self.alias}.{self._name(name)}" if self.alias else self._name(name)

    def _value(self, value: Any) -> str:
        self.values.append(value)
        return self.place(len(self.values))

    def _where(self, where: Row, column: Any) -> str:
        parts = [f"{column(name)} = {self._value(value)}" for name, value in where.items()]
        return self._word(" AND ").join(parts)

    def _from(self, table: Table) -> str:
        return self._word("FROM ") + self._name(table.name) + (f" {self.alias}" if self.alias else "")

    def _read(self, table: Table, condition: str, rest: str = "") -> list[Row]:
        columns = "*" if self.star else ", ".join(map(self._column, table.names))
        parts = [self._word("SELECT ") + columns, self._from(table)]
        if condition:
            parts.append(self._word("WHERE ") + condition)
        values, self.values = self.values, []
        rows = self.run(self.line.join(parts) + rest, values, returns=True)
        return [dict(zip(table.names, row, strict=True)) for row in rows]

    def select(
        self,
        table: Table,
        where: Row,
        *,
        order: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        descending: bool = False,
        above: tuple[str, Any] | None = None,
        at_most: tuple[str, Any] | None = None,
    ) -> list[Row]:
        """Return rows."""  # fmt: skip
        condition = [self._where(where, self._column)] if where else []
        if above:
            condition.append(f"{self._column(above[0])} > {self._value(above[1])}")
        if at_most:
            condition.append(f"{self._column(at_most[0])} <= {self._value(at_most[1])}")
        rest = ""
        if order:
            rest += f"{self.line}{self._word('ORDER BY')} {self._column(order)}" + (" DESC" if descending else "")
        if limit is not None:
            rest += f" {self._word('LIMIT')} {self._value(limit)}"
        if offset is not None:
            rest += f" {self._word('OFFSET')} {self._value(offset)}"
        return self._read(table, self._word(" AND ").join(condition), rest)

    def within(self, table: Table, column: str, values: Sequence[Any]) -> list[Row]:
        """Return rows of a list of values."""
        if self.any_lists:
            return self._read(table, f"{self._column(column)} = ANY({self._value(list(values))})")
        listed = ", ".join(self._value(value) for value in values)
        return self._read(table, f"{self._column(column)} {self._word('IN')} ({listed})")

    def folded(self, table: Table, column: str, value: str) -> list[Row]:
        """Return rows by a value in lower case."""
        return self._read(table, f"lower({self._column(column)}) = lower({self._value(value)})")

    def count(self, table: Table, where: Row) -> int:
        """Return a number of rows."""
        condition = self._where(where, self._column)
        values, self.values = self.values, []
        text = f"{self._word('SELECT')} count(*) {self._from(table)} {self._word('WHERE')} {condition}"
        return int(self.run(text, values, returns=True)[0][0])

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows."""
        names = ", ".join(map(self._name, rows[0]))
        listed = ", ".join("(" + ", ".join(self._value(value) for value in row.values()) + ")" for row in rows)
        self._write(f"{self._word('INSERT INTO')} {self._name(table.name)} ({names}) {self._word('VALUES')} {listed}")

    def update(self, table: Table, values: Row, where: Row) -> None:
        """Update rows."""
        changed = ", ".join(f"{self._name(name)} = {self._value(value)}" for name, value in values.items())
        condition = self._where(where, self._name)
        name = self._name(table.name)
        self._write(f"{self._word('UPDATE')} {name} {self._word('SET')} {changed} {self._word('WHERE')} {condition}")

    def delete(self, table: Table, where: Row) -> None:
        """Delete rows."""
        condition = self._where(where, self._name)
        self._write(f"{self._word('DELETE FROM')} {self._name(table.name)} {self._word('WHERE')} {condition}")

    def upsert(self, table: Table, row: Row) -> None:
        """Insert or update a row."""
        names, values = ", ".join(map(self._name, row)), ", ".join(self._value(value) for value in row.values())
        other = next(name for name in row if name not in table.key)
        self._write(
            f"{self._word('INSERT INTO')} {self._name(table.name)} ({names}) {self._word('VALUES')} ({values}) "
            f"ON CONFLICT ({', '.join(map(self._name, table.key))}) DO UPDATE SET {self._name(other)} = "
            f"excluded.{self._name(other)}"
        )

    def _write(self, text: str) -> None:
        values, self.values = self.values, []
        self.run(text, values, returns=False)
