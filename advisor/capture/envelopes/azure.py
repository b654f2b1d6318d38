"""Azure Database for PostgreSQL: Event Hub and storage JSON, and Log Analytics exports as JSON.

A flexible server's message holds prefix and severity; a single server's comes with both in fields of their own. The
DETAIL text is a field without its keyword; CONTEXT and STATEMENT lines do not reach Azure's log at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from advisor.capture.envelopes.json_objects import Item, objects, oldest_first
from advisor.capture.envelopes.json_objects import cut as cut
from advisor.capture.envelopes.stderr_lines import RECORD, lines_of, with_detail

NAME = "Azure"
MARKS = (b'"errorLevel', b'"record_errorLevel_s"', b'"PostgreSQLLogs"')
FIELDS: Mapping[str, tuple[str, ...]] = {
    "message": ("message", "Message", "message_s", "record_message_s"),
    "detail": ("detail", "detail_s", "record_detail_s", "Detail"),
    "prefix": ("prefix", "prefix_s", "record_prefix_s", "Prefix"),
    "level": ("errorLevel", "errorLevel_s", "record_errorLevel_s", "ErrorLevel"),
    "time": ("timestamp", "timestamp_s", "record_timestamp_s", "time", "TimeGenerated", "TimeGenerated [UTC]"),
}
"""What we read of a record, under the names of Event Hub, Log Analytics and its custom tables."""


def sniff(head: bytes) -> float:
    """Return how surely `head` holds Azure's records."""
    return 1.0 if any(mark in head for mark in MARKS) and b"essage" in head and b"{" in head[:2048] else 0.0


def unwrap(block: bytes) -> bytes:
    """Return the messages, each with its DETAIL, as stderr lines."""
    records = [record for item in objects(block) for record in _records(item)]
    return b"".join(map(_record, oldest_first(records, lambda record: field(record, "time"))))


def field(record: Mapping[str, Any], name: str) -> str:
    """Return a field of a record under whichever name it has, an empty string where it is missing."""
    return next((str(record[key]) for key in FIELDS[name] if record.get(key)), "")


def _records(item: Item) -> Iterator[Item]:
    """Yield the records of one outer object: of an Event Hub batch, of a query's answer, or itself."""
    if isinstance(item, bytes):
        yield item
    elif isinstance(item.get("records"), list):
        yield from (record for inner in item["records"] if isinstance(inner, dict) for record in _records(inner))
    elif isinstance(item.get("tables"), list):
        yield from _rows(item["tables"])
    else:
        properties = item.get("properties")
        yield {**item, **properties} if isinstance(properties, dict) else item


def _rows(tables: list[Any]) -> Iterator[dict[str, Any]]:
    for table in tables:
        if isinstance(table, dict):
            names = [str(column.get("name")) for column in table.get("columns", []) if isinstance(column, dict)]
            yield from (dict(zip(names, row, strict=False)) for row in table.get("rows", []) if isinstance(row, list))


def _record(record: Item) -> bytes:
    if isinstance(record, bytes):
        return record + b"\n"
    return message(
        field(record, "message"), field(record, "detail"), field(record, "prefix"), field(record, "level"),
        field(record, "time"),
    )  # fmt: skip


def message(text: str, detail: str, prefix: str, level: str, time: str) -> bytes:
    """Return one message as stderr lines, with prefix and severity put before it where it holds none."""
    if not text:
        return b""
    if not RECORD.match(lines_of(text)):
        text = f"{prefix or time + ' '}{level or 'LOG'}:  {text}"
    return with_detail(text, detail)
