"""Records whose statement text was written without quoting: the text may hold separators and line ends.

The cells before and after the text are plain (numbers, booleans, times, names), so a record ends where its last cells
are plain and the next line begins with plain cells again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.table import Table

TEXT_COLUMNS = ("query", "query_text", "statement", "sql", "text", "normalized_query")
PLAIN = re.compile(
    r"\s*(|-?[\d.,]+(e[-+]?\d+)?|t|f|true|false|null|\\N|\d{4}-\d\d-\d\d[ T][\d:.+Z-]*)\s*", re.IGNORECASE
)
NAME = re.compile(r"[^\s(),;'$]*")


def read(lines: Sequence[str], start: int, separator: str, names: Sequence[str], form: str) -> Table:
    """Return the records of `lines[start:]`, the text column taking whatever the plain cells around it leave.

    A text in quotes means that the file is quoted after all: no record then, since no statement begins with a quote.
    """
    text_index = next((names.index(name) for name in TEXT_COLUMNS if name in names), None)
    tally = Tally()
    if text_index is None:
        return Table(form, tuple(names), (), (), tally.skipped(), separator == ";")
    records, places = [], []
    layout = _Layout(separator, text_index, len(names) - text_index - 1)
    for place, chunk in _chunks(lines, start, layout):
        cells = layout.split(chunk)
        if cells is None:
            tally.add("cells cannot be told apart", f"line {place}", chunk)
            continue
        if cells[text_index].startswith('"') and cells[text_index].endswith('"'):
            return Table(form, tuple(names), (), (), {}, separator == ";")
        records.append(dict(zip(names, cells, strict=True)))
        places.append(place)
    return Table(f"{form}, unquoted", tuple(names), tuple(records), tuple(places), tally.skipped(), separator == ";")


class _Layout:
    """How many plain cells stand before and after the text."""

    def __init__(self, separator: str, before: int, after: int) -> None:
        self.separator, self.before, self.after = separator, before, after

    def begins(self, line: str) -> bool:
        """Return whether a line's first cells could be those of a record."""
        cells = line.rstrip("\n").split(self.separator, self.before)
        return len(cells) > self.before and all(map(_is_plain, cells[: self.before]))

    def split(self, chunk: str) -> list[str] | None:
        """Return the record's cells, `None` when its plain cells are not plain."""
        head = chunk.rstrip("\n").split(self.separator, self.before)
        if len(head) <= self.before:
            return None
        tail = head[-1].rsplit(self.separator, self.after)
        if len(tail) <= self.after:
            return None
        cells = [*head[:-1], *tail]
        plain = [*cells[: self.before], *(cells[self.before + 1 :])]
        return cells if all(map(_is_plain, plain)) else None


def _is_plain(cell: str) -> bool:
    return bool(PLAIN.fullmatch(cell) or NAME.fullmatch(cell.strip()))


def _chunks(lines: Sequence[str], start: int, layout: _Layout) -> list[tuple[int, str]]:
    """Return line number and text of each record: lines joined until the plain cells around the text are there."""
    chunks: list[tuple[int, str]] = []
    for index in range(start, len(lines)):
        line = lines[index]
        complete = not chunks or layout.split(chunks[-1][1]) is not None
        if complete and (layout.begins(line) or not chunks) and (layout.before or layout.after):
            chunks.append((index + 1, line))
        elif chunks:
            chunks[-1] = (chunks[-1][0], chunks[-1][1] + line)
    return chunks
