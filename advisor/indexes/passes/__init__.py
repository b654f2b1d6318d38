"""The candidate passes: one pure function per module, `suggest(need, found)`, found by discovery.

A pass reads one `Need` and what earlier passes suggested for it (`found`), and yields more suggestions. Modules run by
rising `ORDER`, ties by name. Adding a pass is adding a module.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

from advisor.indexes.candidates.candidate import Need, Suggestion

Pass = Callable[[Need, tuple[Suggestion, ...]], Iterator[Suggestion]]


@cache
def all_passes() -> tuple[tuple[str, Pass], ...]:
    """Return every pass with its name, in the order in which they run."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    modules.sort(key=lambda module: (module.ORDER, module.__name__))
    return tuple((module.__name__.rsplit(".", 1)[1], module.suggest) for module in modules)


def suggestions(need: Need) -> tuple[Suggestion, ...]:
    """Return what all passes suggest for one need, without repetitions, in a stable order."""
    found: dict[object, Suggestion] = {}
    for _, suggest in all_passes():
        for suggestion in list(suggest(need, tuple(found.values()))):
            found.setdefault(suggestion.definition, suggestion)
    return tuple(found.values())
