"""Lines of another prefix: what a log holds whose `log_line_prefix` was changed, or of which a given one fits a part.

A line that does not fit the prefix continues the record before it, as the lines of a statement do that a collector has
lost the indentation of. A line that begins a record of its own must not: it would become part of a statement.
"""

from __future__ import annotations

import re

from advisor.capture.lines.prefix import STAMP
from advisor.capture.lines.server_messages import Language, severity_pattern
from advisor.capture.record import Losses

OTHER = "line of a record under another log_line_prefix"
NONE = "line that is no record"

REACH = rb".{0,300}?"
"""Where a prefix ends at the latest."""


def beginning(language: Language) -> re.Pattern[bytes]:
    """Return what the first line of a record under any prefix begins with: a time or a process id, then a severity."""
    return re.compile(rb"(?=\S)(?=" + REACH + rb"(?:" + STAMP + rb"|\[[0-9]{1,10}\]))" + REACH + rb"\b"
                      + severity_pattern(language) + rb":  ")  # fmt: skip


def own_records(found: list[tuple[bytes, ...]], losses: Losses, begins: re.Pattern[bytes]) -> list[tuple[bytes, ...]]:
    """Return the records among what a reader's pattern found, whose last column holds lines that fit nothing.

    Such a line continues the record before it, unless that, or the line itself, is one under another prefix.
    """
    if not any(row[-1] for row in found):
        return found
    rows: list[tuple[bytes, ...]] = []
    foreign = False
    for row in found:
        line = row[-1]
        if not line:
            rows.append(row)
            foreign = False
        elif line.isspace():
            continue
        elif begins.match(line):
            foreign = True
            losses.add(OTHER, line)
        elif foreign and line[:1].isspace():
            continue
        elif rows and not foreign:
            before = rows[-1]
            rows[-1] = (*before[:-2], before[-2] + b"\n" + line, b"")
        else:
            losses.add(OTHER if foreign else NONE, line)
    return rows
