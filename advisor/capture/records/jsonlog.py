"""The jsonlog format (15 and later): one object a line, keys present only where there is a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from advisor.capture.messages import Language, language_of
from advisor.capture.record import Losses, Records
from advisor.capture.structured import COLUMNS, records, split_column

NAME = "jsonlog"

LINE = re.compile(rb'^\{(?=.*"(?:error_severity|severity)")(?=.*"message").*\}\s*$', re.M)

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "timestamp": ("log_time",),
    "user": ("user_name",),
    "dbname": ("database_name",),
    "remote_host": ("connection_from",),
    "vxid": ("virtual_transaction_id",),
    "statement": ("query",),
    "session_id": (),
    "error_severity": (),
    "message": (),
    "detail": (),
    "context": (),
    "application_name": (),
}
"""Names that csvlog's columns have where an older extension or an operator writes them as JSON."""


def sniff(head: bytes) -> float:
    """Return the share of lines that are records."""
    lines = head[: head.rfind(b"\n") + 1] or head
    total = lines.count(b"\n") or 1
    found = len(LINE.findall(lines))
    return min(1.0, found / total) if found else 0.0


class JsonReader:
    """Reads blocks of one jsonlog."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.settings: Mapping[str, str] = {}
        self.resolution = 0

    def starts(self, line: bytes) -> bool:
        """Return whether a record begins with this line: one does with every line."""
        return line.startswith(b"{")

    def read(self, block: bytes, owned: int) -> Records:
        """Return the records in the first `owned` bytes of `block`; jsonlog needs no context."""
        losses = Losses()
        lines = block[:owned].split(b"\n")
        objects = _objects([line for line in lines if line.strip()], losses)
        columns = {name: _column(objects, name) for name in COLUMNS}
        return records(columns, self.language, block.count(b"\n", 0, owned), losses)


def _objects(lines: list[bytes], losses: Losses) -> list[dict[str, Any]]:
    """Return the records among the lines."""
    try:
        found = list(map(orjson.loads, lines))
    except orjson.JSONDecodeError:
        found = [_object(line, losses) for line in lines]
    records = [one for one in found if isinstance(one, dict) and "message" in one]
    for line, one in zip(lines, found, strict=True):
        if one is not None and not (isinstance(one, dict) and "message" in one):
            losses.add("line that is no jsonlog record", line)
    return records


def _object(line: bytes, losses: Losses) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        losses.add("line that is no complete JSON", line)
        return None


def _column(objects: list[dict[str, Any]], name: str) -> list[bytes]:
    """Return one field of all records, empty where it is missing."""
    values = [one.get(name) for one in objects]
    for synonym in SYNONYMS[name]:
        if None in values:
            values = [one.get(synonym) if value is None else value for value, one in zip(values, objects, strict=True)]
    try:
        return split_column([value or "" for value in values], "utf-8")
    except TypeError:
        return split_column(["" if value is None else str(value) for value in values], "utf-8")


def reader(head: bytes, prefix: str | None) -> JsonReader:
    """Return the reader of the jsonlog that begins with `head`; a prefix plays no part."""
    return JsonReader(language_of(head))
