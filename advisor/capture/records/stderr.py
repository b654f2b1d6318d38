"""The stderr format: each line begins with `log_line_prefix` and a severity; continuation lines begin with a tab."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from advisor.capture.clock import epochs, times
from advisor.capture.infer import infer_prefix
from advisor.capture.messages import (
    PRIMARY,
    SECONDARY,
    Language,
    guard_pattern,
    head_pattern,
    language_of,
    severity_pattern,
)
from advisor.capture.prefix import Prefix, compile_prefix
from advisor.capture.record import NO_TIME, Losses, Origin, Records, Times
from advisor.errors import InputError

NAME = "stderr log"

SEVERE = re.compile(rb"^[^\n]*?\b(?:" + b"|".join(PRIMARY) + rb"):  \S", re.M)
CONTINUED = re.compile(rb"^\t", re.M)

FREE = frozenset({"application", "user", "database"})
UNKNOWN = b"[unknown]"
SECONDARY_SET = frozenset(SECONDARY)
PRIMARY_SET = frozenset(PRIMARY)


def sniff(head: bytes) -> float:
    """Return the share of lines that hold a severity, continuation lines left aside."""
    lines = head[: head.rfind(b"\n") + 1] or head
    total = lines.count(b"\n") + (not lines.endswith(b"\n")) - len(CONTINUED.findall(lines))
    return 0.9 * min(1.0, 2 * len(SEVERE.findall(lines)) / max(total, 1))


class StderrReader:
    """Reads blocks of one stderr log; pickles as its prefix and language."""

    def __init__(self, prefix: Prefix, language: Language) -> None:
        self.prefix = prefix
        self.language = language
        self.settings: Mapping[str, str] = {"log_line_prefix": prefix.text}
        self.resolution = 1_000_000 if "%t" in prefix.text and "%m" not in prefix.text else 0

    def __reduce__(self) -> tuple[type[StderrReader], tuple[Prefix, Language]]:
        return StderrReader, (self.prefix, self.language)

    @cached_property
    def record(self) -> re.Pattern[bytes]:
        """The pattern of a whole record; its last group catches what is no record."""
        free = not FREE.isdisjoint(self.prefix.fields)
        spaces = b":  " if free else b": {1,2}"
        guard = guard_pattern(self.language) if free else b""
        severity = severity_pattern(self.language) + spaces + rb"(?:[0-9A-Z]{5}: )?" + guard
        message = head_pattern(self.language) + rb"(.*(?:\n\t.*)*)"
        return re.compile(rb"^(?:" + self.prefix.pattern + severity + message + rb"|(.+))\n?", re.M)

    @cached_property
    def start(self) -> re.Pattern[bytes]:
        """The pattern of a primary record's beginning."""
        return re.compile(self.prefix.pattern + severity_pattern(self.language) + rb": ")

    def starts(self, line: bytes) -> bool:
        """Return whether a primary record begins with this line."""
        match = self.start.match(line)
        return match is not None and self.language.severities[match[match.re.groups]] in PRIMARY_SET

    def read(self, block: bytes, owned: int) -> Records:
        """Return the records that begin in the first `owned` bytes of `block`."""
        found = self.record.findall(block, 0, owned)
        context = self.record.findall(block, owned) if owned < len(block) else []
        losses = Losses()
        rows = _rows(found, losses)
        return self._assembled(rows, _rows(context, Losses()), block.count(b"\n", 0, owned), losses)

    def _assembled(
        self, rows: list[tuple[bytes, ...]], context: list[tuple[bytes, ...]], lines: int, losses: Losses
    ) -> Records:
        severity_at = len(self.prefix.fields)
        english_of = self.language.severities.__getitem__
        severities = [english_of(row[severity_at]) for row in rows]
        secondary: dict[bytes, dict[int, bytes]] = {word: {} for word in SECONDARY}
        if not SECONDARY_SET.isdisjoint(severities) or context:
            later = [english_of(row[severity_at]) for row in context]
            rows, severities = self._attach(rows + context, severities + later, len(rows), secondary, losses)
        columns = list(zip(*rows, strict=True)) if rows else [()] * (severity_at + 5)
        fields = {name: columns[place] for place, name in enumerate(self.prefix.fields)}
        kind_of = self.language.kinds.__getitem__
        return Records(
            time=_times(fields, len(rows)),
            session=_sessions(fields, len(rows)),
            origin=_origins(fields, len(rows)),
            vxid=list(fields.get("vxid", [b""] * len(rows))),
            severity=severities,
            duration=list(columns[severity_at + 1]),
            kind=list(map(kind_of, columns[severity_at + 2])),
            text=[whole(text) if b"\n" in text else text for text in columns[severity_at + 3]],
            detail=secondary[b"DETAIL"],
            statement=secondary[b"STATEMENT"],
            context=secondary[b"CONTEXT"],
            lines=lines,
            losses=losses,
        )

    def _attach(
        self,
        rows: list[tuple[bytes, ...]],
        severities: list[bytes],
        owned: int,
        secondary: dict[bytes, dict[int, bytes]],
        losses: Losses,
    ) -> tuple[list[tuple[bytes, ...]], list[bytes]]:
        """Hang secondary lines on the last primary record of their session; return the owned primary records."""
        session_at = self._session_at
        text_at = len(self.prefix.fields) + 3
        last: dict[bytes, int] = {}
        kept: list[tuple[bytes, ...]] = []
        words: list[bytes] = []
        for place, (row, word) in enumerate(zip(rows, severities, strict=True)):
            session = row[session_at] if session_at is not None else b""
            if word not in secondary:
                last[session] = len(kept) if place < owned else -1
                if place < owned:
                    kept.append(row)
                    words.append(word)
            elif (record := last.get(session)) is not None:
                if record >= 0:
                    secondary[word].setdefault(record, whole(row[text_at]))
            elif place < owned:
                losses.add(f"{word.decode()} line without its message", row[text_at])
        return kept, words

    @cached_property
    def _session_at(self) -> int | None:
        fields = self.prefix.fields
        return next((fields.index(name) for name in ("session", "pid") if name in fields), None)


def whole(text: bytes) -> bytes:
    """Return a message of several lines as it was before the server indented its continuation lines."""
    return text.replace(b"\n\t", b"\n")


def _rows(found: list[tuple[bytes, ...]], losses: Losses) -> list[tuple[bytes, ...]]:
    """Return the records among what the pattern found: other lines continue the record before them."""
    if not any(row[-1] for row in found):
        return found
    rows: list[tuple[bytes, ...]] = []
    for row in found:
        if not row[-1]:
            rows.append(row)
        elif rows:
            before = rows[-1]
            rows[-1] = (*before[:-2], before[-2] + b"\n" + row[-1], b"")
        else:
            losses.add("line that is no record", row[-1])
    return rows


def _times(fields: Mapping[str, Sequence[bytes]], size: int) -> Times:
    import numpy as np

    if "time" in fields:
        return times(fields["time"], fields["zone"])
    if "epoch" in fields:
        return epochs(fields["epoch"])
    return np.full(size, NO_TIME, dtype=np.int64)


def _sessions(fields: Mapping[str, Sequence[bytes]], size: int) -> list[bytes]:
    if "session" in fields:
        return list(fields["session"])
    if "pid" in fields and "start" in fields:
        return [pid + b" " + start for pid, start in zip(fields["pid"], fields["start"], strict=True)]
    return list(fields.get("pid", [b""] * size))


def _origins(fields: Mapping[str, Sequence[bytes]], size: int) -> list[Origin]:
    empty = (b"",) * size
    names = ("user", "database", "application", "client")
    return list(zip(*(_known(fields.get(name, empty)) for name in names), strict=True)) if size else []


def _known(column: Sequence[bytes]) -> Sequence[bytes]:
    """Return a column with nothing where the server wrote that it does not know."""
    return [b"" if value == UNKNOWN else value for value in column] if UNKNOWN in column else column


def reader(head: bytes, prefix: str | None) -> StderrReader:
    """Return the reader of the log that begins with `head`; the prefix is inferred when it is not given.

    Raises `InputError` when no prefix fits: reading on would find nothing and say nothing.
    """
    language = language_of(head)
    text = prefix if prefix is not None else infer_prefix(head, language)
    if text is None:
        line = next((line for line in head.splitlines() if SEVERE.match(line)), head[:200])
        example = line[:120].decode("utf-8", "replace")
        raise InputError(
            f"its log_line_prefix could not be inferred from lines such as: {example}",
            do="pass the server's setting (SHOW log_line_prefix) with --log-line-prefix",
        )
    return StderrReader(compile_prefix(text), language)
