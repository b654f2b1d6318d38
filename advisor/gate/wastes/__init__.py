"""What makes a plan bad by itself: one rule a file, found by discovery, each with `find(subject) -> clauses`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable

from advisor.gate.judged_plan import Subject


def wastes(subject: Subject) -> tuple[str, ...]:
    """Return what is bad about a plan, one clause a reason; nothing for a good one."""
    return tuple(dict.fromkeys(word for find in _rules() for word in find(subject)))


def _rules() -> list[Callable[[Subject], Iterable[str]]]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").find for name in names]
