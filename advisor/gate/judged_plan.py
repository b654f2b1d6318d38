"""A plan that is judged by itself: what every rule of `advisor.gate.wastes` looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.gate.planned.plans import Planned
from advisor.gate.relation_names import Named
from advisor.twin.plan import PlanNode

LARGE = 10_000
"""Rows from which reading, sorting or returning them all is worth a word."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One plan without an accepted one."""

    planned: Planned
    named: Named
    tables: Mapping[str, float]
    """Rows per table."""

    @property
    def root(self) -> PlanNode:
        """Return the plan."""
        return self.planned.root

    def rows(self, node: PlanNode) -> float:
        """Return the rows of the table that a node reads, 0 for none."""
        return self.tables.get(self.named(node.relation), 0.0) if node.relation else 0.0
