"""What the gate watches: one property a file, found by discovery, each with `check(comparison) -> verdicts`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import replace

from advisor.gate.compare_plans import Comparison
from advisor.gate.verdict import LEVELS, Verdict


def compare(comparison: Comparison) -> tuple[Verdict, ...]:
    """Return the verdicts on one plan, worst first; of several failures for one cause only the first is kept."""
    found = [verdict for check in _properties() for verdict in check(comparison)]
    if comparison.reshaped:
        before, after = comparison.before.shape, comparison.after.shape
        found = [replace(verdict, shape_before=before, shape_after=after) for verdict in found]
    return tuple(sorted(found, key=lambda verdict: (LEVELS.index(verdict.level), verdict.code, verdict.cause)))


def _properties() -> list[Callable[[Comparison], Iterable[Verdict]]]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").check for name in names]
