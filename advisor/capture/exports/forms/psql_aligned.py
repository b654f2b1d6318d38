"""What psql prints: a heading, a line of dashes, then rows in columns; every border and line style.

A cell of several lines goes on in the next line: psql marks it with `+` (`↵`) behind the cell, a cell it wrapped with
`.` (`…`), and in the old-ascii style with a `:` before the cell of the next line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.psql import FOOTER, RECORD, RULE, drawn
from advisor.capture.exports.table import Table, column_name

MARKS = {"+": "\n", ".": ""}
"""What a mark behind a cell puts between it and its continuation."""
HEAD = 1_000_000
"""Characters in which the first line of dashes must appear."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the columns are, in display columns."""

    line: int
    """Index of the line of dashes."""
    spans: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    padded: bool
    """Whether cells have a blank on their left (every border but 0)."""


def recognise(text: str) -> bool:
    """Return whether a line of dashes stands under a heading."""
    lines = drawn(text[:HEAD])
    return not any(RECORD.fullmatch(line) for line in lines[:20]) and _grid(lines) is not None


def read(text: str, *, whole: bool = True) -> Table:
    """Return one record a row of the widest table in the text; a cut-off row too, unless it must be `whole`."""
    lines = drawn(text)
    grid = _grid(lines)
    assert grid is not None
    tally = Tally()
    rows = _rows(lines, grid, tally, whole)
    records = tuple(dict(zip(grid.names, (cell.strip() for cell in cells), strict=True)) for _, cells in rows)
    return Table("psql aligned text", grid.names, records, tuple(place for place, _ in rows), tally.skipped())


def _grid(lines: Sequence[str]) -> Grid | None:
    """Return the layout of the table with the most columns."""
    grids = [
        _grid_at(lines, index)
        for index in range(1, len(lines))
        if "--" in lines[index] and RULE.fullmatch(lines[index]) and _is_heading(lines[index - 1])
    ]
    return max(grids, key=lambda grid: len(grid.spans), default=None)


def _is_heading(line: str) -> bool:
    return bool(line.strip()) and not RULE.fullmatch(line)


def _grid_at(lines: Sequence[str], index: int) -> Grid:
    spans = tuple(match.span() for match in re.finditer(r"-+", lines[index]))
    padded = " " not in lines[index].strip()
    names = tuple(column_name(_slice(lines[index - 1], *span)) for span in spans)
    return Grid(index, spans, names, padded)


def _rows(lines: Sequence[str], grid: Grid, tally: Tally, whole: bool) -> list[tuple[int, list[str]]]:
    """Return line number and cells of each row, up to the end of the table."""
    rows: list[tuple[int, list[str]]] = []
    open_row = False
    for index in range(grid.line + 1, len(lines)):
        line = lines[index]
        if not line.strip() or FOOTER.fullmatch(line) or RULE.fullmatch(line):
            break
        cells, marks = _cells(line, grid), _marks(line, grid)
        if rows and (open_row or _continues(line, grid)):
            joint = "" if open_row else "\n"
            rows[-1] = (rows[-1][0], [f"{a}{joint if b else ''}{b}" for a, b in zip(rows[-1][1], cells, strict=True)])
        else:
            rows.append((index + 1, cells))
        open_row = any(mark is not None for mark in marks)
        rows[-1] = (rows[-1][0], [cell + (mark or "") for cell, mark in zip(rows[-1][1], marks, strict=True)])
    if open_row and whole:
        place, cells = rows.pop()
        tally.add("cut-off row", f"line {place}", " ".join(cells))
    return rows


def _continues(line: str, grid: Grid) -> bool:
    """Return whether the old-ascii style marks the line as a continuation."""
    return grid.padded and any(_slice(line, begin - 1, begin) in (":", ";") for begin, _ in grid.spans[1:])


def _cells(line: str, grid: Grid) -> list[str]:
    last = grid.spans[-1]
    bodies = [_slice(line, begin + grid.padded, end - grid.padded) for begin, end in grid.spans[:-1]]
    return [body.rstrip() for body in [*bodies, _slice(line, last[0] + grid.padded, last[1] - grid.padded)]]


def _marks(line: str, grid: Grid) -> list[str | None]:
    """Return per column what its mark inserts, `None` where the cell ends on this line."""
    return [MARKS.get(_slice(line, end - grid.padded, end + 1 - grid.padded)) for _, end in grid.spans]


def _slice(line: str, begin: int, end: int) -> str:
    """Return the characters of `line` between two display columns (East Asian characters take two)."""
    if line.isascii():
        return line[begin:end]
    taken, column = [], 0
    for character in line:
        if begin <= column < end:
            taken.append(character)
        if not unicodedata.combining(character):
            column += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return "".join(taken)
