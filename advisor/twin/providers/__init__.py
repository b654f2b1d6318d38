"""Where a throw-away server comes from: one module a provider, found by discovery, cheapest first.

Each module has `NAME`, `RANK` (lower is cheaper), `majors()` (what it can start here and now) and `start(major,
settings)` (a context manager that yields a `Host`).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from advisor.twin.files import Files


@dataclass(frozen=True, slots=True)
class Host:
    """A running server on which we are superuser and may make and drop databases."""

    description: str
    """For example `PostgreSQL 18.6 (embedded)`."""
    parameters: Mapping[str, str]
    """Connection parameters without a database."""
    files: Callable[[psycopg.Connection[Any]], Files]
    """Returns the way to write relation files, given a connection to the twin's database."""
    ours: bool = False
    """Whether the whole server goes at the end, so that no database needs to be dropped."""
    binaries: Path | None = None
    """Folder of client programs (psql, pg_dump) of the server's own version, where there are any."""


class Provider(Protocol):
    """What a provider module offers."""

    NAME: str
    RANK: int

    def majors(self) -> frozenset[int]:
        """Return the major versions it can start here and now."""
        ...

    def start(self, major: int, settings: Mapping[str, str]) -> AbstractContextManager[Host]:
        """Start a server of this major version and remove it at the end."""
        ...


@functools.cache
def providers() -> tuple[Provider, ...]:
    """Return all providers, cheapest first."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found: list[Any] = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(sorted(found, key=lambda provider: (provider.RANK, provider.NAME)))
