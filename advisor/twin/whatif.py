"""What-if costing: what would the planner do if these indexes existed and those did not?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement


@dataclass(frozen=True, slots=True)
class Refused:
    """A statement or index the server would not take, in the server's words."""

    reason: str
    sqlstate: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: plan `statement` with these candidates on and these existing indexes off."""

    statement: BoundStatement
    candidates: frozenset[str] = frozenset()
    """Names of candidate indexes to show to the planner."""
    hidden: frozenset[str] = frozenset()
    """Existing indexes to hide from it, as `Index.full_name`."""


class WhatIf(Protocol):
    """The one interface through which the advisor asks the planner."""

    server_version: int

    def build(self, candidates: Mapping[IndexDefinition, IndexSize]) -> Mapping[IndexDefinition, str | Refused]:
        """Make the candidates known at their estimated size, switched off; return their names or why not."""
        ...

    def plan(self, asks: Sequence[Ask]) -> list[PlanNode | Refused]:
        """Plan every ask, pipelined; the answers stand in the order of the asks."""
        ...
