"""Cuts a log into blocks that end where a record ends, each with a little of what follows as context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from advisor.capture.files import source
from advisor.capture.limits import limits

SIZE = 2 << 20
"""Bytes of a block."""

CONTEXT = 32 << 10
"""Bytes after a block in which secondary lines of its records are still looked for."""

Starts = Callable[[bytes], bool]
"""Whether a primary record begins with a line."""

Cut = Callable[[bytes], int]
"""Length of the whole messages at the beginning of a block."""


WINDOW = 64 << 10
"""Bytes before the end of a block in which the beginning of a record is sought first."""

BACKWARD = 2000
"""Lines at the end of a block among which the beginning of a record is sought."""


def cut(buffer: bytes, limit: int, starts: Starts, otherwise: Cut | None = None) -> int:
    """Return the place of the last record that begins in `buffer[:limit]`; 0 when none does but the first.

    Where no line begins one, an envelope whose messages span lines may still know where one ends (`otherwise`).
    """
    place = buffer.rfind(b"\n", 0, limit) + 1
    for _ in range(BACKWARD):
        if place <= 0:
            break
        end = buffer.find(b"\n", place)
        if starts(buffer[place : end if end >= 0 else len(buffer)]):
            return place
        place = buffer.rfind(b"\n", 0, place - 1) + 1
    return otherwise(buffer[:limit]) if otherwise is not None else 0


def log_blocks(
    stream: BinaryIO, name: str, starts: Starts, otherwise: Cut | None = None, times: int = 1
) -> Iterator[tuple[bytes, int]]:
    """Yield blocks with the number of bytes each owns; the rest of a block is context that the next one owns.

    Blocks are `times` the usual size.
    """
    size = SIZE * times
    buffer, limit = b"", size
    for part in source.blocks(stream, size, name):
        buffer += part
        while len(buffer) >= limit + CONTEXT:
            owned = cut(buffer, limit, starts, otherwise)
            if not owned and limit < limits().record:
                limit *= 2
                continue
            owned = owned or limit
            yield buffer[: owned + CONTEXT], owned
            buffer, limit = buffer[owned:], size
    if buffer:
        yield buffer, len(buffer)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a local file, to be read where it is needed."""

    path: str
    begin: int
    length: int

    def read(self) -> bytes:
        """Return its bytes; raises `InputError` when they cannot be read any more."""
        try:
            with Path(self.path).open("rb") as stream:
                stream.seek(self.begin)
                return stream.read(self.length)
        except OSError as error:
            raise source.unreadable(self.path, error) from error


Block = tuple[bytes | Span, int]
"""Bytes, or where they are, and how many of them the block owns."""


def bytes_of(block: bytes | Span) -> bytes:
    """Return the bytes of a block."""
    return block.read() if isinstance(block, Span) else block


def file_blocks(path: Path, starts: Starts, otherwise: Cut | None = None, times: int = 1) -> Iterator[tuple[Span, int]]:
    """Yield what `log_blocks` would for a plain file, without reading more of it than the places of the cuts."""
    size, begin = path.stat().st_size, 0
    while begin < size:
        limit = SIZE * times
        owned = 0
        while not owned and begin + limit + CONTEXT < size:
            owned = _cut_near(path, begin, limit, starts, otherwise)
            limit = limit if owned else limit * 2
            if limit > limits().record:
                owned = limits().record
        owned = owned or size - begin
        yield Span(str(path), begin, min(owned + CONTEXT, size - begin)), owned
        begin += owned


def _cut_near(path: Path, begin: int, limit: int, starts: Starts, otherwise: Cut | None) -> int:
    """Return how much of a block of at most `limit` bytes ends where a record ends; 0 when no place was found."""
    window = min(WINDOW, limit)
    while True:
        buffer = Span(str(path), begin + limit - window, window + WINDOW).read()
        place = cut(buffer, window, starts)
        if place or window == limit:
            break
        window = min(window * 8, limit)
    if place:
        return limit - window + place
    return otherwise(Span(str(path), begin, limit).read()) if otherwise is not None else 0
