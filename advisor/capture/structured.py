"""What csvlog and jsonlog share: columns of fields become records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from advisor.capture.clock import times
from advisor.capture.messages import Language
from advisor.capture.record import Losses, Records

COLUMNS = (
    "timestamp", "user", "dbname", "remote_host", "session_id", "vxid", "error_severity",
    "message", "detail", "context", "statement", "application_name",
)  # fmt: skip
"""The fields we read, by their jsonlog names."""


@cache
def _pattern(head: bytes) -> re.Pattern[bytes]:
    return re.compile(head + rb"([^\x00]*)\x00")


def split_column(column: Sequence[str], encoding: str) -> list[bytes]:
    """Return a column of texts as bytes, encoded in one go."""
    return "\0".join(column).encode(encoding, "surrogateescape").split(b"\0") if column else []


def records(columns: Mapping[str, list[bytes]], language: Language, lines: int, losses: Losses) -> Records:
    """Return the records that the columns of `COLUMNS` make up."""
    messages = columns["message"]
    found = _pattern(language.head).findall(b"\0".join(messages) + b"\0") if messages else []
    durations, kinds, texts = (list(column) for column in zip(*found, strict=True)) if found else ([], [], [])
    english = language.severities
    stamps, zones = _stamps(columns["timestamp"])
    names = ("user", "dbname", "application_name", "remote_host")
    return Records(
        time=times(stamps, zones),
        session=columns["session_id"],
        origin=list(zip(*(columns[name] for name in names), strict=True)),
        vxid=columns["vxid"],
        severity=[english.get(word, word) for word in columns["error_severity"]],
        duration=durations,
        kind=list(map(language.kinds.__getitem__, kinds)),
        text=texts,
        detail=_present(columns["detail"]),
        statement=_present(columns["statement"]),
        context=_present(columns["context"]),
        lines=lines,
        losses=losses,
    )


def _present(column: Sequence[bytes]) -> dict[int, bytes]:
    return {place: value for place, value in enumerate(column) if value}


def _stamps(column: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return stamps and zones of `2026-11-20 06:07:41.051 UTC`; a stamp without a zone is UTC."""
    parts = [stamp.rpartition(b" ") if stamp.count(b" ") > 1 else (stamp, b"", b"UTC") for stamp in column]
    return [part[0] for part in parts], [part[2] for part in parts]
