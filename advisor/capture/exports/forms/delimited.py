"""Lines of cells with a separator: CSV in every quoting, COPY's text format, `psql -A`."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from advisor.capture.exports import unquoted
from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.psql import BOXES, FOOTER, RULE
from advisor.capture.exports.table import Table, column_name

SEPARATORS = {",": "CSV", "\t": "tab-separated", ";": "semicolon-separated", "|": "psql unaligned text"}
HEADER_LINES = 20
RESYNCS = 100
"""Broken records after which we stop looking for the next good one."""
NAME = re.compile(r'\s*"?[A-Za-z_][\w .#]*"?\s*')
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}

csv.field_size_limit(2**31 - 1)


def header(text: str) -> tuple[int, str, list[str]] | None:
    """Return line index, separator and names of the first line that looks like a header of three or more columns."""
    lines = text.splitlines()[: HEADER_LINES + 1]
    for index, line in enumerate(lines[:HEADER_LINES]):
        if index + 1 < len(lines) and RULE.fullmatch(lines[index + 1].translate(BOXES)):
            return None
        for separator in SEPARATORS:
            names = line.split(separator)
            if len(names) >= 3 and all(NAME.fullmatch(name) for name in names):
                return index, separator, [column_name(name) for name in names]
    return None


def recognise(text: str) -> bool:
    """Return whether one of the first lines is a header of three or more columns."""
    return text.lstrip()[:1] not in ("{", "[") and header(text[:65536]) is not None


def read(text: str) -> Table:
    """Return the records by the quoting rules of CSV, or without quoting where that understands more."""
    found = header(text)
    assert found is not None
    index, separator, names = found
    lines = text.splitlines(keepends=True)
    while lines and (not lines[-1].strip() or FOOTER.fullmatch(lines[-1])):
        lines.pop()
    tables = [_quoted(lines, index + 1, separator, names)]
    if tables[0].skipped:
        tables.append(unquoted.read(lines, index + 1, separator, names, SEPARATORS[separator]))
    return max(tables, key=lambda table: len(table.records))


def _quoted(lines: Sequence[str], start: int, separator: str, names: Sequence[str]) -> Table:
    tally = Tally()
    records, places = [], []
    escaped = separator == "\t" and not any(line.startswith('"') or '\t"' in line for line in islice(lines, 1000))
    for place, cells in _rows(lines, start, separator, tally):
        if len(cells) != len(names):
            reason = "fewer cells than columns" if len(cells) < len(names) else "more cells than columns"
            tally.add(reason, f"line {place}", separator.join(cells))
            continue
        records.append(dict(zip(names, map(_unescape, cells) if escaped else cells, strict=True)))
        places.append(place)
    return Table(SEPARATORS[separator], tuple(names), tuple(records), tuple(places), tally.skipped(), separator == ";")


def _rows(lines: Sequence[str], start: int, separator: str, tally: Tally) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each record; after a broken one, go on at the line after its first."""
    for _ in range(RESYNCS):
        reader = csv.reader(lines[start:], delimiter=separator, strict=True)
        begin = start
        try:
            for cells in reader:
                if cells:
                    yield begin + 1, cells
                begin = start + reader.line_num
            return
        except csv.Error:
            tally.add("broken quoting", f"line {begin + 1}", lines[begin])
            start = begin + 1
    tally.add("lines after too many broken records", f"line {start + 1}", "", max(len(lines) - start, 0))


def _unescape(cell: str) -> str | None:
    if cell == r"\N":
        return None
    return ESCAPE.sub(lambda match: ESCAPED.get(match[1], match[1]), cell) if "\\" in cell else cell
