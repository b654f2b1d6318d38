"""Azure Log Analytics: a query's result saved as CSV.

Blocks of a long file come without the heading, so the columns are told by what is in them.
"""

from __future__ import annotations

import csv
import io
import re

from advisor.capture.envelopes.azure import message
from advisor.capture.envelopes.stderr_lines import RECORD

NAME = "Azure Log Analytics CSV"
HEADING = re.compile(rb"(?=[^\n]*(?:errorLevel_s|ErrorLevel))(?=[^\n]*(?:Message|message_s))[^\n]*,[^\n]*\n")
LEVEL = re.compile(r"DEBUG[1-5]?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC")
DETAIL = re.compile(r"(parameters|Parameters|prepare|Process|Key|Failing row)\b")
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( ?UTC|Z)?")
BODY = re.compile(r"(duration|statement|execute|temporary file|process|connection|automatic|checkpoint|could not|\w+ )")


def sniff(head: bytes) -> float:
    """Return how surely `head` begins such a file."""
    return 1.0 if HEADING.match(head.removeprefix(b"\xef\xbb\xbf")) else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the messages, each with its DETAIL, as stderr lines, oldest first."""
    rows = [row for row in csv.reader(io.StringIO(block.decode(errors="replace"), newline="")) if len(row) > 1]
    found = [(_time(row), _record(row)) for row in rows]
    if len(found) > 1 and found[-1][0] and found[0][0] > found[-1][0]:
        found.reverse()
    return b"".join(record for _, record in found)


def cut(block: bytes) -> int:
    """Return the length of the whole rows at the beginning of `block`: up to the last line end outside quotes."""
    place = len(block)
    while (place := block.rfind(b"\n", 0, place)) >= 0:
        if block.count(b'"', 0, place) % 2 == 0:
            return place + 1
    return 0


def _time(row: list[str]) -> str:
    return next((cell for cell in row if TIME.fullmatch(cell.strip())), "")


def _record(row: list[str]) -> bytes:
    level = next((cell for cell in row if LEVEL.fullmatch(cell)), "")
    detail = next((cell for cell in row if DETAIL.match(cell)), "")
    whole = next((cell for cell in row if RECORD.match(cell.encode(errors="replace"))), None)
    if whole is None:
        bodies = [cell for cell in row if BODY.match(cell) and cell not in (detail, level)]
        whole = max(bodies, key=len, default="") if level else ""
    return message(whole, detail, "", level, _time(row))
