"""Google Cloud Logging: LogEntry JSON of Cloud SQL and AlloyDB, whose `textPayload` is a line of the log.

Older instances write no time in the payload; the entry's own is put in front of it then.
"""

from __future__ import annotations

import re
from typing import Any

from advisor.capture.envelopes.json_objects import Item, objects, oldest_first
from advisor.capture.envelopes.json_objects import cut as cut
from advisor.capture.envelopes.stderr_lines import lines_of, stamp

NAME = "Google Cloud LogEntry"
TIMELESS = re.compile(r"\[\d+\]: \[")


def sniff(head: bytes) -> float:
    """Return how surely `head` holds LogEntries with a text payload."""
    return 1.0 if b'"textPayload"' in head else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the payloads as stderr lines."""
    entries = oldest_first(list(objects(block)), _time)
    return b"".join(_payload(entry) for entry in entries)


def _time(entry: dict[str, Any]) -> str:
    return str(entry.get("timestamp", ""))


def _payload(entry: Item) -> bytes:
    if isinstance(entry, bytes):
        return entry + b"\n"
    payload = entry.get("textPayload")
    if not isinstance(payload, str):
        return b""
    if TIMELESS.match(payload) and (time := stamp(_time(entry))):
        payload = f"{time} {payload}"
    return lines_of(payload)
