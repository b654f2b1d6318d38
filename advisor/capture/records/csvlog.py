"""The csvlog format, told apart by its number of columns: 22 (8.4), 23 (9.0–12), 24 (13), 26 (14 and later)."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping

from advisor.capture.messages import Language, language_of
from advisor.capture.record import Losses, Records
from advisor.capture.structured import records, split_column

NAME = "csvlog"

COLUMNS: Mapping[str, int] = {
    "timestamp": 0, "user": 1, "dbname": 2, "remote_host": 4, "session_id": 5, "vxid": 9, "error_severity": 11,
    "message": 13, "detail": 14, "context": 18, "statement": 19, "application_name": 22,
}  # fmt: skip

LEAST, APPLICATION = 22, 23
"""Columns of the oldest layout, and of the first that has application_name."""

KNOWN = (22, 23, 24, 26)

STAMP = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Za-z0-9_+:-]+,"
START = re.compile(STAMP + rb'(?:"(?:[^"]|"")*")?,(?:"(?:[^"]|"")*")?,\d*,(?:"[^"]*")?,[0-9a-f]+\.[0-9a-f]+,')
STARTS = re.compile(rb"^" + START.pattern, re.M)


def sniff(head: bytes) -> float:
    """Return 1 when lines begin as csvlog records do."""
    return 1.0 if STARTS.search(head[: 64 * 1024]) else 0.0


class CsvReader:
    """Reads blocks of one csvlog."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.settings: Mapping[str, str] = {}
        self.resolution = 0

    def starts(self, line: bytes) -> bool:
        """Return whether a record begins with this line."""
        return START.match(line) is not None

    def read(self, block: bytes, owned: int) -> Records:
        """Return the records in the first `owned` bytes of `block`; csvlog needs no context."""
        text = block[:owned].replace(b"\0", b"").decode("latin-1")
        losses = Losses()
        kept: list[list[str]] = []
        counts: Counter[int] = Counter()
        for row in csv.reader(io.StringIO(text, newline="")):
            if len(row) >= LEAST and row[0][:2].isdigit():
                kept.append(row)
            elif row:
                losses.add("csvlog record with too few columns or no time", ",".join(row).encode("latin-1"))
        counts.update(map(len, kept))
        for count in sorted(set(counts) - set(KNOWN)):
            example = next(row for row in kept if len(row) == count)
            losses.note(f"csvlog layout of {count} columns, read as far as known", ",".join(example).encode("latin-1"))
        columns = {name: split_column([row[place] for row in kept], "latin-1") for name, place in _places(counts, kept)}
        if "application_name" not in columns:
            columns["application_name"] = [b""] * len(kept)
        return records(columns, self.language, block.count(b"\n", 0, owned), losses)


def _places(counts: Counter[int], kept: list[list[str]]) -> list[tuple[str, int]]:
    """Return the columns to read; short rows are filled up where rows differ."""
    least = min(counts, default=LEAST)
    if least < APPLICATION and max(counts, default=0) >= APPLICATION:
        for row in kept:
            row.extend([""] * (APPLICATION - len(row)))
        least = APPLICATION
    return [(name, place) for name, place in COLUMNS.items() if place < least]


def reader(head: bytes, prefix: str | None) -> CsvReader:
    """Return the reader of the csvlog that begins with `head`; a prefix plays no part."""
    return CsvReader(language_of(head))
