"""Messages as the server writes them to stderr: continuation lines begin with a tab."""

from __future__ import annotations

import re
from datetime import UTC, datetime

LEVEL = rb"(?:DEBUG[1-5]?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION)"
RECORD = re.compile(rb"^(?!\t)([^\n]*?\b)" + LEVEL + rb":  ")
"""The first line of a record: prefix, severity, colon and two blanks."""


def lines_of(text: str) -> bytes:
    """Return a message as stderr lines, ended by a newline."""
    return text.rstrip("\n").replace("\n\t", "\n").replace("\n", "\n\t").encode(errors="replace") + b"\n"


def with_detail(text: str, detail: str) -> bytes:
    """Return a record followed by its DETAIL line, which repeats the record's prefix."""
    record = lines_of(text)
    match = RECORD.match(record)
    if not detail.strip() or match is None:
        return record
    return record + match[1] + b"DETAIL:  " + lines_of(detail)


def stamp(time: str) -> str:
    """Return an ISO time as `log_line_prefix`'s `%m` writes it, in UTC; an empty string when it is none."""
    try:
        parsed = datetime.fromisoformat(_microseconds(time))
    except ValueError:
        return ""
    moment = parsed.astimezone(UTC) if parsed.tzinfo else parsed
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"


def _microseconds(time: str) -> str:
    """Return an ISO time with at most six digits of fraction, which is all Python reads."""
    return re.sub(r"(\.\d{6})\d+", r"\1", time.strip())
