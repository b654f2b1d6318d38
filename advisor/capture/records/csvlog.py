"""The csvlog format, told apart by its number of columns: 22 (8.4), 23 (9.0–12), 24 (13), 26 (14 and later)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from functools import cached_property

from advisor.capture.lines.patterns import optional, repeated
from advisor.capture.lines.server_messages import (
    Language,
    either,
    either_pattern,
    head_pattern,
    language_of,
    severity_pattern,
)
from advisor.capture.lines.structured import Columns, quick_records, records, split_column
from advisor.capture.record import Losses, Records

NAME = "csvlog"

COLUMNS: Mapping[str, int] = {
    "timestamp": 0, "user": 1, "dbname": 2, "remote_host": 4, "session_id": 5, "vxid": 9, "error_severity": 11,
    "message": 13, "detail": 14, "context": 18, "statement": 19, "application_name": 22,
}  # fmt: skip

LEAST, APPLICATION = 22, 23
"""Columns of the oldest layout, and of the first that has application_name."""

KNOWN = (22, 23, 24, 26)

STAMP = rb'"?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Za-z0-9_+:-]+"?,'
CELL = rb'(?:"(?:[^"]|"")*+"|[^",\n]*+),'
START = re.compile(STAMP + CELL + CELL + rb'"?\d*"?,' + CELL + rb'"?[0-9a-f]+\.[0-9a-f]+"?,')
"""A record's first columns, quoted as the server does (only what is text and not empty), or by a program since."""
STARTS = re.compile(rb"^" + START.pattern, re.M)

PLAIN = optional(rb'"[^"\n]*+"')
TEXT = rb"(" + optional(rb'"[^"]*+' + repeated(rb'""[^"]*+') + rb'"') + rb")"


def sniff(head: bytes) -> float:
    """Return 1 when lines begin as csvlog records do."""
    return 1.0 if STARTS.search(head[: 64 * 1024]) else 0.0


class CsvReader:
    """Reads blocks of one csvlog."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.settings: Mapping[str, str] = {}
        self.resolution = 0

    def __reduce__(self) -> tuple[type[CsvReader], tuple[Language]]:
        return CsvReader, (self.language,)

    @cached_property
    def quick(self) -> re.Pattern[bytes]:
        """A strict and fast pattern of the ordinary record."""
        who = rb"(" + PLAIN + rb"," + PLAIN + rb",\d*+," + PLAIN + rb",[0-9a-f.]++)"
        place = rb",\d++," + PLAIN + rb",[^,\n]*+,([0-9/]*+),\d++,"
        general = severity_pattern(self.language) + rb',[0-9A-Z]{5},"' + head_pattern(self.language, b',[0-9A-Z]{5},"')
        message = either_pattern(self.language, b'LOG,00000,"', general) + rb'([^"]*+' + repeated(rb'""[^"]*+') + rb')"'
        rest = rb"," + TEXT + rb",[^,\n]*+,[^,\n]*+,\d*+," + TEXT + rb"," + TEXT + rb",\d*+,[^,\n]*+"
        application = optional(rb",(" + PLAIN + rb")" + optional(rb",[^\n]*+"))
        stamp = rb"^([-0-9]{10}+ [0-9:.]{12}+) ([^ ,\n]++),"
        return re.compile(stamp + who + place + message + rest + application + rb"\n", re.M)

    def starts(self, line: bytes) -> bool:
        """Return whether a record begins with this line."""
        return START.match(line) is not None

    def read(self, block: bytes, owned: int) -> Records:
        """Return the records in the first `owned` bytes of `block`; csvlog needs no context."""
        own = block[:owned]
        return self._quickly(own) or self._carefully(own)

    def _quickly(self, own: bytes) -> Records | None:
        """Return the records, read by the quick pattern; nothing when it does not fit every byte."""
        flat = self.quick.split(own)
        width = self.quick.groups + 1
        if any(flat[::width]):
            return None
        stamp, zone, who, vxid, *heads = (flat[at::width] for at in range(1, width))
        severity, duration, kind = either(heads[:5], self.language)
        text, detail, context, statement, application = heads[5:]
        if b'""' in b"\0".join(text):
            text = [one.replace(b'""', b'"') for one in text]
        columns = Columns(
            stamp, zone, who, application, vxid, severity, duration, kind, text, detail, context, statement
        )

        def person(row: int) -> tuple[bytes, ...]:
            return _who(who[row], application[row])

        return quick_records(columns, self.language, own.count(b"\n"), _unquoted, person)

    def _carefully(self, own: bytes) -> Records:
        losses = Losses()
        kept: list[list[str]] = []
        for row in csv.reader(io.StringIO(own.decode("latin-1"), newline="")):
            if len(row) >= LEAST and row[0][:2].isdigit():
                kept.append(row)
            elif row:
                losses.add("csvlog record with too few columns or no time", ",".join(row).encode("latin-1"))
        for count in sorted({len(row) for row in kept} - set(KNOWN)):
            example = next(row for row in kept if len(row) == count)
            losses.note(f"csvlog layout of {count} columns, read as far as known", ",".join(example).encode("latin-1"))
        columns = {name: split_column([row[at] for row in kept], "latin-1") for name, at in _places(kept)}
        if "application_name" not in columns:
            columns["application_name"] = [b""] * len(kept)
        return records(columns, self.language, own.count(b"\n"), losses)


def _unquoted(text: bytes) -> bytes:
    """Return a field without its quotes."""
    return text[1:-1].replace(b'""', b'"') if text.startswith(b'"') else text


def _who(fields: bytes, application: bytes | None) -> tuple[bytes, ...]:
    """Return session, user, database, application and client."""
    row = next(csv.reader([fields.decode("latin-1")]))
    user, database, _, host, session = (part.encode("latin-1") for part in row)
    return session, user, database, _unquoted(application or b""), host


def _places(kept: list[list[str]]) -> list[tuple[str, int]]:
    """Return the columns to read; short rows are filled up where rows differ."""
    counts = {len(row) for row in kept}
    least = min(counts, default=LEAST)
    if least < APPLICATION and max(counts, default=0) >= APPLICATION:
        for row in kept:
            row.extend([""] * (APPLICATION - len(row)))
        least = APPLICATION
    return [(name, place) for name, place in COLUMNS.items() if place < least]


def reader(head: bytes, prefix: str | None) -> CsvReader:
    """Return the reader of the csvlog that begins with `head`; a prefix plays no part."""
    return CsvReader(language_of(head))
