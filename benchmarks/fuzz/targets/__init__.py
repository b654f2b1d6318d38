"""The targets: modules with `targets() -> Sequence[Target]`, found by discovery."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from benchmarks.fuzz.target import Target


@cache
def all_targets() -> dict[str, Target]:
    """Return every target by name, in the order of their modules."""
    found: dict[str, Target] = {}
    for module in sorted(entry.name for entry in pkgutil.iter_modules(__path__)):
        for target in importlib.import_module(f"{__name__}.{module}").targets():
            assert target.name not in found, target.name
            found[target.name] = target
    return found
