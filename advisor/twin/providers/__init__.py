"""Where a throw-away server comes from: one module a provider, found by discovery, cheapest first.

Each module has `NAME`, `RANK` (lower is cheaper), `majors()` (what it can start here and now) and `start(major,
settings)` (a context manager that yields a `Host`).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Any

from advisor.twin.servers.host import Provider


@functools.cache
def providers() -> tuple[Provider, ...]:
    """Return all providers, cheapest first."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found: list[Any] = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(sorted(found, key=lambda provider: (provider.RANK, provider.NAME)))
