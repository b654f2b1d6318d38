"""Folders of server binaries: what version they are, and a server made from them."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from advisor.twin.cluster import server_version
from advisor.twin.files import LocalFiles
from advisor.twin.providers import Host
from advisor.twin.rights import SUPERUSER
from advisor.twin.server import UNPRIVILEGED, Server, embedded_binaries

__all__ = ["embedded_binaries", "major_version", "serve"]


_ROOM = 96 << 20
"""Bytes a twin takes: the empty cluster, its database, and write-ahead log."""


@functools.cache
def _version(binaries: Path) -> str:
    return server_version(binaries)


def major_version(binaries: Path) -> int:
    """Return the major version of the server in this folder; raises `OSError` when none runs there."""
    return int(_version(binaries).split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


@contextmanager
def serve(binaries: Path, settings: Mapping[str, str], provider: str) -> Iterator[Host]:
    """Run a server from these binaries for the length of the `with` block."""
    with Server(binaries, settings, room=_ROOM, superuser=SUPERUSER) as server:
        owner = UNPRIVILEGED if os.geteuid() == 0 else None
        yield Host(
            description=f"PostgreSQL {_version(binaries)} ({provider})",
            parameters={"host": str(server.folder), "port": "5432", "user": SUPERUSER},
            files=lambda connection: LocalFiles(server.data, owner),
            binaries=binaries,
            ours=True,
        )
