"""Relation files: how the twin makes a table or index look its real size without holding a row.

The planner takes block counts from the file system. Files are made sparse, in segments of 1 GiB as the storage manager
wants them, under file numbers of our own: pages that the server holds in its buffers belong to the old number, so a
running server never sees a stale one.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql

PAGE = 8192
SEGMENT = 131_072
"""Pages in one segment file (RELSEG_SIZE)."""


@dataclass(frozen=True, slots=True)
class RelationFile:
    """The main fork of one relation as it shall be."""

    path: str
    """Relative to the data directory, as `pg_relation_filepath` prints it."""
    pages: int
    content: Mapping[int, bytes] = field(default_factory=dict)
    """Page images by block number, all in the first segment; every other page is a hole."""

    def segments(self) -> Iterator[tuple[str, int]]:
        """Yield path and length in bytes of each segment file."""
        for number in range(self.pages // SEGMENT + 1):
            rest = self.pages - number * SEGMENT
            if rest > 0 or number == 0:
                yield (f"{self.path}.{number}" if number else self.path), min(rest, SEGMENT) * PAGE


class Files(Protocol):
    """A way to write below the server's data directory as the server's user."""

    def write(self, files: Sequence[RelationFile]) -> None:
        """Make these files; none of them may exist yet."""
        ...


class LocalFiles:
    """Files of a server whose data directory we can reach."""

    def __init__(self, data: Path, owner: int | None) -> None:
        self.data = data
        self.owner = owner
        """User and group id to give the files to, `None` when the server runs as we do."""

    def write(self, files: Sequence[RelationFile]) -> None:
        """Make these files."""
        for file in files:
            for path, length in file.segments():
                self._segment(self.data / path, length, file.content if path == file.path else {})

    def _segment(self, path: Path, length: int, content: Mapping[int, bytes]) -> None:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        try:
            os.ftruncate(descriptor, length)
            for block, image in content.items():
                os.pwrite(descriptor, image, block * PAGE)
            if self.owner is not None:
                os.fchown(descriptor, self.owner, self.owner)
        finally:
            os.close(descriptor)


class ProgramFiles:
    """Files of a server somewhere else, written by a shell that `COPY … TO PROGRAM` starts there (superuser only)."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def write(self, files: Sequence[RelationFile]) -> None:
        """Make these files; raises `psycopg.Error` when the server's shell fails."""
        script = [line for file in files for line in _script(file)]
        if not script:
            return
        statement = sql.SQL("COPY (SELECT unnest({}::text[])) TO PROGRAM 'sh -e -u'").format(sql.Literal(script))
        self.connection.execute(statement)


def _script(file: RelationFile) -> Iterator[str]:
    """Yield shell lines; paths are digits and slashes only, so that nothing needs quoting."""
    for path, length in file.segments():
        yield f"truncate -s {length} {path}"
    for block, image in file.content.items():
        packed = base64.b64encode(image).decode()
        yield f"echo {packed} | base64 -d | dd of={file.path} bs={PAGE} seek={block} conv=notrunc status=none"
