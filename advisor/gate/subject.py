"""A plan that is judged by itself, and the rules that judge it, found by discovery in `advisor.gate.wastes`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import advisor.gate.wastes
from advisor.gate.names import Named
from advisor.gate.plans import Planned
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


def wastes(subject: Subject) -> tuple[str, ...]:
    """Return what is bad about a plan, one clause a reason; nothing for a good one."""
    return tuple(dict.fromkeys(word for find in _rules() for word in find(subject)))


def _rules() -> list[Callable[[Subject], Iterable[str]]]:
    names = sorted(module.name for module in pkgutil.iter_modules(advisor.gate.wastes.__path__))
    return [importlib.import_module(f"advisor.gate.wastes.{name}").find for name in names]
