"""Compares plans with the baseline: every property is a module of `advisor.gate.properties`, found by discovery."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import advisor.gate.properties
from advisor.gate.baseline import AcceptedPlan, Baseline
from advisor.gate.verdict import LEVELS, Verdict


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

    @property
    def reshaped(self) -> bool:
        """Return whether the plan's shape changed."""
        return self.before.shape != self.after.shape

    @property
    def ratio(self) -> float:
        """Return the cost of today over the accepted cost."""
        return self.after.cost / self.before.cost if self.before.cost > 0 else 1.0

    @property
    def lost_indexes(self) -> tuple[str, ...]:
        """Return the indexes the accepted plan used that no longer exist, sorted; those of the catalog do not count."""
        used = {name for access in self.before.accesses for name in (access.index or "").split(" + ") if name}
        return tuple(sorted(name for name in used & self.baseline.indexes.keys() if name not in self.indexes))


def compare(comparison: Comparison) -> tuple[Verdict, ...]:
    """Return the verdicts on one plan, worst first; of several failures for one cause only the first is kept."""
    found = [verdict for check in _properties() for verdict in check(comparison)]
    return tuple(sorted(found, key=lambda verdict: (LEVELS.index(verdict.level), verdict.code, verdict.cause)))


def _properties() -> list[Callable[[Comparison], Iterable[Verdict]]]:
    names = sorted(module.name for module in pkgutil.iter_modules(advisor.gate.properties.__path__))
    return [importlib.import_module(f"advisor.gate.properties.{name}").check for name in names]
