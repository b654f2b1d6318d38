"""What every library can do here: plain reads and writes of one table, and transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tests.nplus1_corpus.generated.domain import Table

Row = Mapping[str, Any]


class Stack(Protocol):
    """One connection of one library; `autocommit` ones ignore begin and commit."""

    def begin(self) -> None:
        """Begin a transaction."""

    def commit(self) -> None:
        """Commit it."""

    def close(self) -> None:
        """Close the connection."""

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
        """Return rows whose columns equal these values, lie above a value or at most at one."""
        ...

    def within(self, table: Table, column: str, values: Sequence[Any]) -> list[Row]:
        """Return rows whose column is one of these values: an IN list, or `= ANY` where the library prefers it."""
        ...

    def folded(self, table: Table, column: str, value: str) -> list[Row]:
        """Return rows whose column equals a value in lower case."""
        ...

    def count(self, table: Table, where: Row) -> int:
        """Return how many rows have these values."""
        ...

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows by one statement."""

    def update(self, table: Table, values: Row, where: Row) -> None:
        """Update the rows that have these values."""

    def delete(self, table: Table, where: Row) -> None:
        """Delete the rows that have these values."""

    def upsert(self, table: Table, row: Row) -> None:
        """Insert a row or update the one of the same key."""
