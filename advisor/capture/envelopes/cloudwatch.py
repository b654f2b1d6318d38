"""Amazon CloudWatch Logs: RDS and Aurora lines behind an ISO time (S3 export, `aws logs tail`), or as JSON events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from advisor.capture.envelopes.json_objects import Item, objects, oldest_first
from advisor.capture.envelopes.json_objects import cut as cut
from advisor.capture.envelopes.stderr_lines import lines_of

NAME = "CloudWatch"
STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}|\.\d{6})?(?:Z|[+-]\d\d:\d\d) "
LINE = re.compile(STAMP + rb"(?:[\w./-]+ )?(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
"""An outer time, perhaps the log stream's name, and the time RDS' own prefix begins with."""
CONTINUED = re.compile(STAMP + rb"(?:[\w./-]+ )?(?=\t)")
EVENTS = re.compile(rb'"(?:events|logEvents)"\s*:\s*\[')
ENOUGH = 0.2
"""Share of lines that must begin so; statements of many lines make it small."""


def sniff(head: bytes) -> float:
    """Return how surely `head` holds CloudWatch's lines or events."""
    if head.lstrip().startswith((b"{", b"[")):
        return 1.0 if EVENTS.search(head) or (b'"message"' in head and b'"ingestionTime"' in head) else 0.0
    lines = [line for line in head.split(b"\n")[:1000] if line]
    found = sum(LINE.match(line) is not None for line in lines)
    return 1.0 if found and found >= ENOUGH * len(lines) else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the server's lines."""
    if block.lstrip().startswith((b"{", b"[")):
        events = [event for item in objects(block) for event in _events(item)]
        return b"".join(map(_event, oldest_first(events, lambda event: f"{event.get('timestamp', 0)!s:>20}")))
    return b"".join(_line(line) for line in block.split(b"\n"))


def _line(line: bytes) -> bytes:
    match = LINE.match(line) or CONTINUED.match(line)
    if match is not None:
        return line[match.end() :] + b"\n"
    return line + b"\n" if line else b""


def _events(item: Item) -> Iterator[Item]:
    if isinstance(item, bytes):
        yield item
        return
    inner = item.get("events", item.get("logEvents"))
    yield from (event for event in (inner if isinstance(inner, list) else [item]) if isinstance(event, dict))


def _event(event: Item) -> bytes:
    if isinstance(event, bytes):
        return event + b"\n"
    text: Any = event.get("message")
    return lines_of(text) if isinstance(text, str) else b""
