"""Grafana Loki: `logcli` output as JSON lines or as text with labels, and answers of its query API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from advisor.capture.envelopes.json_objects import Item, objects, oldest_first
from advisor.capture.envelopes.json_objects import cut as cut

NAME = "Loki"
TEXT = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) \{[^}]*\} ?(?P<line>.*)")
API = re.compile(rb'"resultType"\s*:\s*"streams"')


def sniff(head: bytes) -> float:
    """Return how surely `head` came out of Loki."""
    if head.lstrip().startswith(b"{"):
        first = head.split(b"\n", 1)[0]
        return 1.0 if API.search(head) or (b'"labels"' in first and b'"line"' in first) else 0.0
    return 1.0 if TEXT.match(head) else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the log lines, oldest first."""
    if TEXT.match(block):
        lines = block.rstrip(b"\n").split(b"\n")
        turned = reversed(lines) if lines[0][:30] > lines[-1][:30] else lines
        return b"".join((match["line"] if (match := TEXT.match(line)) else line) + b"\n" for line in turned)
    entries = [entry for item in objects(block) for entry in _entries(item)]
    return b"".join(map(_line, oldest_first(entries, lambda entry: str(entry["timestamp"]))))


def _entries(item: Item) -> Iterator[Item]:
    if isinstance(item, bytes):
        yield item
    elif isinstance(item.get("line"), str):
        yield {"timestamp": item.get("timestamp", ""), "line": item["line"]}
    else:
        yield from _streams(item)


def _streams(item: dict[str, Any]) -> Iterator[Item]:
    """Yield the lines of a query's answer, all streams in one order of time."""
    data = item.get("data")
    results = data.get("result") if isinstance(data, dict) else None
    found = [
        {"timestamp": str(value[0]), "line": str(value[1])}
        for result in (results if isinstance(results, list) else [])
        if isinstance(result, dict)
        for value in result.get("values", [])
        if isinstance(value, list) and len(value) >= 2
    ]
    yield from sorted(found, key=lambda entry: entry["timestamp"])


def _line(entry: Item) -> bytes:
    return (entry if isinstance(entry, bytes) else entry["line"].rstrip("\n").encode(errors="replace")) + b"\n"
