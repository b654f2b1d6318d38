"""A plan of today beside its accepted one: what every property of the gate judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.gate.baseline import AcceptedPlan, Baseline
from advisor.gate.relation_names import body, table_of


@dataclass(frozen=True, slots=True)
class Comparison:
    """One statement's accepted plan beside its plan of today, with what surrounds both."""

    query: str
    text: str
    before: AcceptedPlan
    after: AcceptedPlan
    baseline: Baseline
    tables: Mapping[str, float]
    """Rows per table today."""
    indexes: Mapping[str, str]
    """Index names and definitions today."""
    known_references: frozenset[str] = frozenset()
    """Foreign keys that are older than the pending revisions."""
    touched: frozenset[str] = frozenset()
    """Tables that the pending revisions changed something of."""
    scans: bool = True
    """Whether today's plan reads more than it is after: a table or index that is not searched, or rows filtered out."""

    @property
    def reshaped(self) -> bool:
        """Return whether the plan's shape changed; an index under another name is no change."""
        return tuple(map(self._today, self.before.shape)) != self.after.shape

    @property
    def ratio(self) -> float:
        """Return the cost of today over the accepted cost."""
        return self.after.cost / self.before.cost if self.before.cost > 0 else 1.0

    @property
    def calls(self) -> float | None:
        """Return the query's executions a day, where the baseline knows them."""
        query = self.baseline.queries.get(self.query)
        return query.calls if query else None

    @property
    def lost_indexes(self) -> tuple[str, ...]:
        """Return the indexes the accepted plan used that no longer exist, sorted; those of the catalog do not count."""
        return tuple(sorted(name for name in self._used if self.accepted_index(name) and name not in self.indexes))

    @property
    def redefined_indexes(self) -> tuple[str, ...]:
        """Return the indexes the accepted plan used that are defined otherwise today, sorted."""
        return tuple(
            sorted(
                name
                for name in self._used & self.indexes.keys()
                if (before := self.accepted_index(name)) and body(before) != body(self.indexes[name])
            )
        )

    @property
    def replaced(self) -> bool:
        """Return whether an index of the accepted plan is gone or another one: PLN001 tells what that costs."""
        return bool(self.lost_indexes or self.redefined_indexes)

    def accepted_index(self, name: str) -> str | None:
        """Return the definition that an index had when the plan was accepted."""
        return self.before.indexes.get(name) or self.baseline.indexes.get(name)

    def successor(self, name: str) -> str | None:
        """Return the index of today that is what this one was, under another name."""
        before = self.accepted_index(name)
        if before is None or name in self.indexes:
            return None
        same = (body(before), table_of(before))
        return next((key for key, ddl in sorted(self.indexes.items()) if (body(ddl), table_of(ddl)) == same), None)

    def rows_before(self, table: str) -> float:
        """Return the rows that a table had when the plan was accepted, 0 when unknown."""
        return self.before.tables.get(table) or self.baseline.tables.get(table, 0.0)

    def grown(self, table: str) -> float:
        """Return how many times as large a table is today, 1 when unknown."""
        before, after = self.rows_before(table), self.tables.get(table, 0.0)
        return after / before if before and after else 1.0

    @property
    def _used(self) -> set[str]:
        return {name for access in self.before.accesses for name in (access.index or "").split(" + ") if name}

    def _today(self, line: str) -> str:
        for name in self.lost_indexes:
            if other := self.successor(name):
                line = line.replace(f"using {name}", f"using {other}")
        return line
