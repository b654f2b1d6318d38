"""Folders of server binaries: what version they are, and a server made from them."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from advisor.twin.files import LocalFiles
from advisor.twin.providers import Host
from advisor.twin.server import UNPRIVILEGED, Server, embedded_binaries

__all__ = ["embedded_binaries", "major_version", "serve"]


@functools.cache
def _version(binaries: Path) -> str:
    """Return `18.6` or the like; raises `OSError` when the folder has no server that runs."""
    try:
        done = subprocess.run([str(binaries / "postgres"), "-V"], capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        raise OSError(error.stderr) from error
    return done.stdout.split()[2]


def major_version(binaries: Path) -> int:
    """Return the major version of the server in this folder; raises `OSError` when none runs there."""
    return int(_version(binaries).split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


@contextmanager
def serve(binaries: Path, settings: Mapping[str, str], provider: str) -> Iterator[Host]:
    """Run a server from these binaries for the length of the `with` block."""
    with Server(binaries, settings) as server:
        owner = UNPRIVILEGED if os.geteuid() == 0 else None
        yield Host(
            description=f"PostgreSQL {_version(binaries)} ({provider})",
            parameters={"host": str(server.folder), "port": "5432", "user": "postgres"},
            files=lambda connection: LocalFiles(server.data, owner),
            binaries=binaries,
        )
