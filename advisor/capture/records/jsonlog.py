"""The jsonlog format (15 and later): one object a line, keys present only where there is a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson

from advisor.capture.lines.patterns import optional, repeated
from advisor.capture.lines.server_messages import (
    Language,
    either,
    either_pattern,
    head_pattern,
    language_of,
    severity_pattern,
)
from advisor.capture.lines.structured import COLUMNS, Columns, quick_records, records, split_column
from advisor.capture.record import Losses, Records

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


STRING = rb'[^"]*+'
"""The inside of a string whose escaped quotes are replaced: a search for one character is much the fastest."""

BACKSLASH, QUOTE = b"\1", b"\2"
"""What stands for an escaped backslash and an escaped quote; JSON as the server writes it has no control characters."""


NUMBER, PLAIN, KEPT = rb"[0-9]++", rb'"' + STRING + rb'"', rb'"(' + STRING + rb')"'
"""Patterns of values: a number, a string, a string that is kept."""


def _maybe(key: bytes, value: bytes) -> bytes:
    """Return the pattern of a key that is only there when it has a value."""
    return optional(b',"' + key + b'":' + value)


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

    def __reduce__(self) -> tuple[type[JsonReader], tuple[Language]]:
        return JsonReader, (self.language,)

    @cached_property
    def quick(self) -> re.Pattern[bytes]:
        """A strict and fast pattern of a record as the server itself writes it, its keys in its order."""
        general = severity_pattern(self.language) + rb'"' + _maybe(b"state_code", PLAIN) + rb',"message":"'
        general += head_pattern(self.language, b'","message":"')
        who = _maybe(b"user", PLAIN) + _maybe(b"dbname", PLAIN) + rb',"pid":[0-9]++' + _maybe(b"remote_host", PLAIN)
        hints = rb',"(?:hint|internal_query)":' + PLAIN
        where = rb',"func_name":"[^"]*+","file_name":"[^"]*+","file_line_num":[0-9]++'
        rare = (
            repeated(hints) + _maybe(b"internal_position", NUMBER) + _maybe(b"context", KEPT)
            + _maybe(b"statement", KEPT) + _maybe(b"cursor_position", NUMBER) + optional(where)
        )  # fmt: skip
        parts = (
            rb'^{"timestamp":"(.{23}+) ([^"]++)"',
            rb"(" + who + rb")" + _maybe(b"remote_port", NUMBER),
            rb',"session_id":"([0-9a-f.]++)","line_num":[0-9]++',
            _maybe(b"ps", PLAIN) + _maybe(b"session_start", PLAIN),
            _maybe(b"vxid", rb'"([0-9/]*+)"') + _maybe(b"txid", NUMBER) + rb',"error_severity":"',
            either_pattern(self.language, b'LOG","message":"', general),
            rb"(" + STRING + rb')"' + _maybe(b"detail", KEPT),
            optional(rb'(?=,"[hicsf])' + rare),
            _maybe(b"application_name", KEPT) + _maybe(b"backend_type", PLAIN),
            _maybe(b"leader_pid", NUMBER) + _maybe(b"query_id", rb"-?[0-9]++") + rb"}\n",
        )
        return re.compile(b"".join(parts), re.M)

    def starts(self, line: bytes) -> bool:
        """Return whether a record begins with this line: one does with every line."""
        return line.startswith(b"{")

    def read(self, block: bytes, owned: int) -> Records:
        """Return the records in the first `owned` bytes of `block`; jsonlog needs no context."""
        own = block[:owned]
        try:
            quick = self._quickly(own)
        except orjson.JSONDecodeError:  # a string that is none: the careful reader counts its line
            quick = None
        return quick or self._carefully(own)

    def _quickly(self, own: bytes) -> Records | None:
        """Return the records, read by the quick pattern; nothing when it does not fit every byte."""
        escaped = b"\\" in own
        if escaped:
            if BACKSLASH in own or QUOTE in own:
                return None
            own = own.replace(rb"\\", BACKSLASH).replace(rb"\"", QUOTE)
        flat = self.quick.split(own)
        width = self.quick.groups + 1
        if any(flat[::width]):
            return None
        stamp, zone, who, session, vxid, *heads = (flat[at::width] for at in range(1, width))
        severity, duration, kind = either(heads[:5], self.language)
        text, detail, context, statement, application = heads[5:]
        if escaped:
            text = [_plain(one) for one in text]
        columns = Columns(
            stamp, zone, session, application, vxid, severity, duration, kind, text, detail, context, statement
        )

        def person(row: int) -> tuple[bytes, ...]:
            return _who(who[row], session[row], application[row])

        return quick_records(columns, self.language, own.count(b"\n"), _plain, person)

    def _carefully(self, own: bytes) -> Records:
        losses = Losses()
        objects = _objects([line for line in own.split(b"\n") if line.strip()], losses)
        columns = {name: _column(objects, name) for name in COLUMNS}
        return records(columns, self.language, own.count(b"\n"), losses)


def _plain(text: bytes) -> bytes:
    """Return what the inside of a JSON string stands for, its escaped quotes and backslashes replaced."""
    if b"\\" in text:
        value: str = orjson.loads(b'"' + _escaped(text) + b'"')
        return value.encode()
    return text.replace(QUOTE, b'"').replace(BACKSLASH, b"\\")


def _escaped(text: bytes) -> bytes:
    """Return a text with its escaped quotes and backslashes as they were written."""
    return text.replace(BACKSLASH, rb"\\").replace(QUOTE, rb"\"")


def _who(written: bytes, session: bytes, application: bytes | None) -> tuple[bytes, ...]:
    """Return session, user, database, application and client."""
    fields = orjson.loads(b"{" + _escaped(written[1:]) + b"}")
    user, database, host = (str(fields.get(name, "")).encode() for name in ("user", "dbname", "remote_host"))
    return session, user, database, _plain(application or b""), host


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
