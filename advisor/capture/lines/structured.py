"""What csvlog and jsonlog share: columns of fields become records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from advisor.capture.lines.clock import times
from advisor.capture.lines.numbering import Numbering, firsts
from advisor.capture.lines.server_messages import Language
from advisor.capture.record import Backend, Losses, Records, durations

COLUMNS = (
    "timestamp", "user", "dbname", "remote_host", "session_id", "vxid", "error_severity",
    "message", "detail", "context", "statement", "application_name",
)  # fmt: skip
"""The fields we read, by their jsonlog names."""

WHO = ("session_id", "user", "dbname", "application_name", "remote_host")
"""The fields of a `Backend`, in its order."""


class Columns(NamedTuple):
    """What a quick pattern found, in columns; but for `text` they are as they were written, escapes and all."""

    stamp: Sequence[bytes]
    zone: Sequence[bytes]
    session: Sequence[bytes]
    """What tells sessions apart."""
    application: Sequence[bytes | None]
    vxid: Sequence[bytes | None]
    severity: Sequence[bytes]
    duration: Sequence[bytes | None]
    kind: Sequence[bytes | None]
    text: list[bytes]
    detail: Sequence[bytes | None]
    context: Sequence[bytes | None]
    statement: Sequence[bytes | None]


def quick_records(
    columns: Columns,
    language: Language,
    lines: int,
    plain: Callable[[bytes], bytes],
    who: Callable[[int], tuple[bytes, ...]],
) -> Records:
    """Return the records that a quick pattern found.

    `plain` undoes what the format does to a text; `who` gives the `Backend` of a record.
    """
    numbering: Numbering[object] = Numbering()
    size = len(columns.text)
    alike = columns.application.count(columns.application[0]) == size if size else True
    backend = numbering.of(columns.session if alike else zip(columns.session, columns.application, strict=True), size)
    return Records(
        time=times(columns.stamp, columns.zone),
        backend=backend,
        backends=[Backend(*who(first)) for first in firsts(backend)],
        vxid=columns.vxid,
        severity=columns.severity,
        duration=durations(columns.duration),
        kind=np.fromiter(map(language.kinds.__getitem__, columns.kind), dtype=np.int8, count=size),
        text=columns.text,
        detail=_plain(columns.detail, plain),
        statement=_plain(columns.statement, plain),
        context=_plain(columns.context, plain),
        lines=lines,
    )


def _plain(column: Sequence[bytes | None], plain: Callable[[bytes], bytes]) -> dict[int, bytes]:
    if not any(column):
        return {}
    return {place: plain(value) for place, value in enumerate(column) if value}


@cache
def _pattern(head: bytes) -> re.Pattern[bytes]:
    return re.compile(head + rb"([^\x00]*)\x00")


def split_column(column: Sequence[str], encoding: str) -> list[bytes]:
    """Return a column of texts as bytes, encoded in one go; a NUL in one of them becomes a blank."""
    joined = "\0".join(column)
    if joined.count("\0") >= max(len(column), 1):
        joined = "\0".join(text.replace("\0", " ") for text in column)
    return joined.encode(encoding, "surrogateescape").split(b"\0") if column else []


def records(columns: Mapping[str, list[bytes]], language: Language, lines: int, losses: Losses) -> Records:
    """Return the records that the columns of `COLUMNS` make up."""
    messages = columns["message"]
    found = _pattern(language.head).split(b"\0".join(messages) + b"\0") if messages else []
    numbering: Numbering[tuple[bytes, ...]] = Numbering()
    who = zip(*(columns[name] for name in WHO), strict=True)
    backend = numbering.of(who, len(messages))
    english = language.severities
    stamps, zones = _stamps(columns["timestamp"])
    return Records(
        time=times(stamps, zones),
        backend=backend,
        backends=[Backend(*parts) for parts in numbering],
        vxid=columns["vxid"],
        severity=[english.get(word, word) for word in columns["error_severity"]],
        duration=durations(found[1::4]),
        kind=np.fromiter(map(language.kinds.__getitem__, found[2::4]), dtype=np.int8, count=len(messages)),
        text=found[3::4],
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
