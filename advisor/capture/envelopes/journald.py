"""The systemd journal: `journalctl -o json`, one object per physical line the server wrote to stderr."""

from __future__ import annotations

from typing import Any

from advisor.capture.envelopes.json_objects import Item, objects, oldest_first
from advisor.capture.envelopes.json_objects import cut as cut

NAME = "journald"


def sniff(head: bytes) -> float:
    """Return how surely `head` holds journal entries."""
    return 1.0 if b'"__REALTIME_TIMESTAMP"' in head and b'"MESSAGE"' in head else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the messages as the lines they were."""
    entries = oldest_first(list(objects(block)), lambda entry: str(entry.get("__REALTIME_TIMESTAMP", "")))
    return b"".join(map(_line, entries))


def _line(entry: Item) -> bytes:
    message: Any = entry if isinstance(entry, bytes) else entry.get("MESSAGE")
    if isinstance(message, list):  # not UTF-8: the journal lists its bytes then
        message = bytes(byte for byte in message if isinstance(byte, int) and 0 <= byte < 256)
    if isinstance(message, str):
        message = message.encode(errors="replace")
    return message + b"\n" if isinstance(message, bytes) else b""
