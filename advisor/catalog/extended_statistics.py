"""Extended statistics objects: what `CREATE STATISTICS` tells the planner about columns that go together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.index import NAME_LIMIT, quote_identifier

StatisticsKind = Literal["ndistinct", "dependencies", "mcv"]
"""`ndistinct` counts groups, `dependencies` how far one column decides another, `mcv` keeps common combinations."""

KINDS: tuple[StatisticsKind, ...] = ("ndistinct", "dependencies", "mcv")
"""In the order in which pg_dump writes them."""


@dataclass(frozen=True, slots=True)
class ExtendedStatistics:
    """One extended statistics object on plain columns of a table."""

    schema: str
    """Schema of the object."""
    name: str
    table_schema: str
    table: str
    columns: tuple[str, ...]
    """Plain columns; expressions (14+) are left out."""
    kinds: tuple[StatisticsKind, ...]

    @classmethod
    def on(cls, schema: str, table: str, columns: Iterable[str], kinds: Iterable[StatisticsKind]) -> ExtendedStatistics:
        """Return an object to be made, columns by name; its own name holds a hash of the definition."""
        chosen, wanted = tuple(sorted(set(columns))), tuple(kind for kind in KINDS if kind in set(kinds))
        digest = hashlib.sha256("\0".join((schema, table, *chosen, "", *wanted)).encode()).hexdigest()[:8]
        stem = "st_" + "_".join((table, *chosen)).lower()
        room = NAME_LIMIT - len(digest) - 1
        name = f"{stem.encode()[:room].decode(errors='ignore')}_{digest}"
        return cls(schema, name, schema, table, chosen, wanted)

    @property
    def qualified(self) -> str:
        """Return the quoted, schema-qualified name of the object."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"

    @property
    def qualified_table(self) -> str:
        """Return the quoted, schema-qualified name of the table."""
        return f"{quote_identifier(self.table_schema)}.{quote_identifier(self.table)}"

    @property
    def ddl(self) -> str:
        """Return the statement that makes the object; it holds nothing until the next ANALYZE of the table."""
        columns = ", ".join(quote_identifier(column) for column in self.columns)
        kinds = ", ".join(self.kinds)
        return f"CREATE STATISTICS IF NOT EXISTS {self.qualified} ({kinds}) ON {columns} FROM {self.qualified_table}"

    def covers(self, columns: Iterable[str], kinds: Iterable[str]) -> bool:
        """Return whether it holds one of these kinds on all of these columns."""
        return set(columns) <= set(self.columns) and bool(set(kinds) & set(self.kinds))
