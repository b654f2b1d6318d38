"""Cuts a log into blocks that end where a record ends, each with a little of what follows as context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from advisor.capture import source

SIZE = 2 << 20
"""Bytes of a block."""

CONTEXT = 32 << 10
"""Bytes after a block in which secondary lines of its records are still looked for."""

LONGEST = 64 << 20
"""A record longer than this is cut, so that no input can fill the memory."""

Starts = Callable[[bytes], bool]
"""Whether a primary record begins with a line."""

Cut = Callable[[bytes], int]
"""Length of the whole messages at the beginning of a block."""


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
    stream: BinaryIO, name: str, starts: Starts, otherwise: Cut | None = None
) -> Iterator[tuple[bytes, int]]:
    """Yield blocks with the number of bytes each owns; the rest of a block is context that the next one owns."""
    buffer, limit = b"", SIZE
    for part in source.blocks(stream, SIZE, name):
        buffer += part
        while len(buffer) >= limit + CONTEXT:
            owned = cut(buffer, limit, starts, otherwise)
            if not owned and limit < LONGEST:
                limit *= 2
                continue
            owned = owned or limit
            yield buffer[: owned + CONTEXT], owned
            buffer, limit = buffer[owned:], SIZE
    if buffer:
        yield buffer, len(buffer)
