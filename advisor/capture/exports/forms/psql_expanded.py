"""What psql prints in expanded mode: one `name | value` line a column, a rule or a blank line between records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.psql import RECORD, drawn
from advisor.capture.exports.table import Table, column_name

FIELD = re.compile(r"\|? ?([A-Za-z_]\w*) *\| ?(.*)")
CONTINUATION = re.compile(r"\|? +(?:\||:) ?(.*)")
BORDERLESS = re.compile(r"([A-Za-z_]\w*)(?: +(.*))?")
BORDERLESS_CONTINUATION = re.compile(r" +(.*)")
BARE = re.compile(r"([A-Za-z_]\w*)\|(.*)")


def recognise(text: str) -> bool:
    """Return whether one of the first lines opens a record, or the first two are `name|value` lines."""
    lines = drawn(text[:65536])[:20]
    return any(RECORD.fullmatch(line) for line in lines) or _is_bare(lines)


def read(text: str) -> Table:
    """Return the records; a record that lacks columns of the others is counted as cut off."""
    lines = drawn(text)
    bare = not any(RECORD.fullmatch(line) for line in lines[:20])
    found = [(place, record) for place, record in (_bare(lines) if bare else _marked(lines)) if record]
    columns = list(found[0][1]) if found else []
    tally = Tally()
    whole = []
    for place, record in found:
        if len(record) < len(columns):
            tally.add("cut-off record", f"line {place}", str(record))
        else:
            whole.append((place, record))
    form = "psql unaligned expanded text" if bare else "psql expanded text"
    return Table(form, tuple(columns), tuple(r for _, r in whole), tuple(p for p, _ in whole), tally.skipped())


def _is_bare(lines: Sequence[str]) -> bool:
    """Return whether the first lines are `name|value` with no further separator, as no header is."""
    first = [line for line in lines if line.strip()][:3]
    return len(first) == 3 and all((match := BARE.fullmatch(line)) and "|" not in match[2] for line in first)


def _marked(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Yield line number and cells of each record of the padded form, where `+` at the end says the value goes on."""
    place, record, name = 0, dict[str, str | None](), ""
    open_table = any(line.startswith("* ") for line in lines[:20])
    field, continuation = (BORDERLESS, BORDERLESS_CONTINUATION) if open_table else (FIELD, CONTINUATION)
    for index, line in enumerate(lines, start=1):
        if RECORD.fullmatch(line):
            yield place, record
            place, record, name = index, {}, ""
            continue
        value = line.rstrip()
        value = value[:-1].rstrip() if value.endswith("|") and line.startswith("|") else value
        if match := field.fullmatch(value):
            name = column_name(match[1])
            record[name] = match[2] or ""
        elif name and (match := continuation.fullmatch(value)):
            record[name] = _join(record[name] or "", match[1])
    yield place, {name: (cell or "").rstrip() for name, cell in record.items()}


def _join(value: str, more: str) -> str:
    return f"{value[:-1].rstrip()}\n{more}" if value.endswith("+") else f"{value}\n{more}"


def _bare(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Yield the records of `psql -A -x`: a value goes on until the next line that begins with a column's name."""
    columns = set[str]()
    place, record, name = 1, dict[str, str | None](), ""
    for index, line in enumerate(lines, start=1):
        match = BARE.fullmatch(line)
        if match and (not columns or match[1] in columns):
            if column_name(match[1]) in record:
                yield place, record
                columns = columns or set(record)
                place, record = index, {}
            name = column_name(match[1])
            record[name] = match[2]
        elif name and line:
            record[name] = f"{record[name]}\n{line}"
    yield place, record
