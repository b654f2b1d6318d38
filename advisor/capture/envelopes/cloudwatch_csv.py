"""Amazon CloudWatch's console: log events or Logs Insights results downloaded as CSV.

Blocks of a long file come without the heading, so the message is told by what is in it.
"""

from __future__ import annotations

import csv
import io
import re

from advisor.capture.envelopes.azure_csv import cut as cut
from advisor.capture.envelopes.stderr_lines import RECORD, lines_of

NAME = "CloudWatch CSV"
HEADING = re.compile(rb'"?@?timestamp"?,(?:[^\n]*,)?"?@?message"?(?:,[^\n]*)?\r?\n')
TIME = re.compile(r"\d{13}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")


def sniff(head: bytes) -> float:
    """Return how surely `head` begins such a file."""
    return 1.0 if HEADING.match(head.removeprefix(b"\xef\xbb\xbf")) else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the messages as stderr lines, oldest first."""
    rows = [row for row in csv.reader(io.StringIO(block.decode(errors="replace"), newline="")) if row]
    found = [(_time(row), lines_of(message)) for row in rows if (message := _message(row))]
    if len(found) > 1 and found[-1][0] and found[0][0] > found[-1][0]:
        found.reverse()
    return b"".join(record for _, record in found)


def _time(row: list[str]) -> str:
    return next((cell for cell in row if TIME.fullmatch(cell)), "")


def _message(row: list[str]) -> str:
    """Return the cell that is a line of the log: a record, or the continuation of one."""
    return next((cell for cell in row if cell.startswith("\t") or RECORD.match(cell.encode(errors="replace"))), "")
