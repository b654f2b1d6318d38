"""Columns of texts as one text: between processes, one long text travels much faster than many short ones."""

from __future__ import annotations

from collections.abc import Sequence

SEPARATOR = b"\0"

Packed = bytes | tuple[bytes | None, ...]
"""The texts of a column behind each other, or the column as it is where a text holds the separator."""


def packed(column: Sequence[bytes | None]) -> Packed:
    """Return a column in one piece; `None` and an empty text are the same to it."""
    whole = SEPARATOR.join([text or b"" for text in column])
    return whole if whole.count(SEPARATOR) == len(column) - 1 else tuple(column)


def unpacked(column: Packed) -> Sequence[bytes]:
    """Return the texts of a column, empty ones for `None`."""
    return column.split(SEPARATOR) if isinstance(column, bytes) else [text or b"" for text in column]
