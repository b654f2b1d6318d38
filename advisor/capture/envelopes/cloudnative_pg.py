"""CloudNativePG: the operator's JSON lines, whose `record` holds csvlog's columns by name."""

from __future__ import annotations

from typing import Any

import orjson

from advisor.capture.envelopes.json_objects import cut as cut
from advisor.capture.envelopes.json_objects import objects

NAME = "CloudNativePG"


def sniff(head: bytes) -> float:
    """Return how surely `head` holds the operator's lines."""
    return 1.0 if b'"record":{' in head.replace(b" ", b"") and b'"logger"' in head else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the server's records as jsonlog lines; the operator's own lines are left out."""
    lines = []
    for item in objects(block):
        if isinstance(item, bytes):
            lines.append(item)
        elif isinstance(record := item.get("record"), dict) and item.get("logger") == "postgres":
            lines.append(orjson.dumps(_filled(record)))
    return b"".join(line + b"\n" for line in lines)


def _filled(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record without its empty columns, as the server's own jsonlog has it."""
    return {name: value for name, value in record.items() if value not in ("", None)}
