"""The stderr format: each line begins with `log_line_prefix` and a severity; continuation lines begin with a tab."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from advisor.capture.lines.clock import epochs, times
from advisor.capture.lines.infer import Guess, infer_prefix
from advisor.capture.lines.numbering import Numbering, firsts
from advisor.capture.lines.other_prefix import beginning, own_records
from advisor.capture.lines.patterns import optional, repeated
from advisor.capture.lines.prefix import ZONE, Prefix, compile_prefix, taken_apart
from advisor.capture.lines.secondary import hung
from advisor.capture.lines.server_messages import (
    PRIMARY,
    Language,
    any_primary,
    either,
    either_pattern,
    guard_pattern,
    head_pattern,
    language_of,
    severity_pattern,
)
from advisor.capture.record import NO_TIME, Backend, Losses, Records, Times, durations
from advisor.errors import InputError

NAME = "stderr log"

SEVERE = re.compile(rb"^[^\t\n]*?" + any_primary() + rb":  \S", re.M)
CONTINUED = re.compile(rb"^\t", re.M)

FREE = frozenset({"application", "user", "database"})
NOBODY = b"[unknown]"
PRIMARY_SET = frozenset(PRIMARY)

BODY = rb"(.*+" + repeated(rb"\n\t.*+") + rb")"


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
        self.known: dict[object, Backend] = {}
        self.quicks: dict[bytes, re.Pattern[bytes]] = {}
        """The quick pattern by time zone: a log has one, or two in turn."""

    def __reduce__(self) -> tuple[type[StderrReader], tuple[Prefix, Language]]:
        return StderrReader, (self.prefix, self.language)

    def _severity(self) -> bytes:
        """Return the pattern of a severity and all that stands before the message."""
        free = not FREE.isdisjoint(self.prefix.fields)
        spaces = b":  " if free else b": {1,2}"
        guard = guard_pattern(self.language) if free else b""
        return severity_pattern(self.language) + spaces + optional(rb"[0-9A-Z]{5}: ") + guard

    @cached_property
    def record(self) -> re.Pattern[bytes]:
        """The pattern of a whole record; its last group catches what is no record."""
        message = head_pattern(self.language) + BODY
        return re.compile(rb"^(?:" + self.prefix.pattern + self._severity() + message + rb"|(.+))\n?", re.M)

    def quick(self, zone: bytes) -> re.Pattern[bytes]:
        """Return a strict and fast pattern of the ordinary record; a DETAIL right behind it is part of it."""
        if zone not in self.quicks:
            detail = re.escape(next(word for word, meaning in self.language.severities.items() if meaning == b"DETAIL"))
            general = self._severity() + head_pattern(self.language)
            following = optional(rb"\n" + self.prefix.again + detail + rb":  " + BODY)
            message = either_pattern(self.language, b"LOG:  ", general) + BODY + following
            pattern = (rb"^" + self.prefix.quick + message + rb"\n?").replace(ZONE, re.escape(zone))
            self.quicks[zone] = re.compile(pattern, re.M)
        return self.quicks[zone]

    @cached_property
    def start(self) -> re.Pattern[bytes]:
        """The pattern of a primary record's beginning."""
        return re.compile(self.prefix.pattern + severity_pattern(self.language) + rb": ")

    @cached_property
    def begins(self) -> re.Pattern[bytes]:
        """What a record under any prefix begins with."""
        return beginning(self.language)

    @cached_property
    def segments(self) -> list[tuple[re.Pattern[bytes], tuple[str, ...]]]:
        """The patterns of the stable segments of a prefix, and the names of their groups."""
        return [(re.compile(pattern), names) for pattern, names in self.prefix.segments]

    def starts(self, line: bytes) -> bool:
        """Return whether a primary record begins with this line."""
        match = self.start.match(line)
        return match is not None and self.language.severities[match[match.re.groups]] in PRIMARY_SET

    def read(self, block: bytes, owned: int) -> Records:
        """Return the records that begin in the first `owned` bytes of `block`."""
        return self._quickly(block, owned) or self._carefully(block, owned)

    def _quickly(self, block: bytes, owned: int) -> Records | None:
        """Return the records, read by the quick pattern; nothing when it does not fit every byte."""
        first = self.start.match(block)
        if first is None:
            return None
        zone = first[self.prefix.fields.index("zone") + 1] if "zone" in self.prefix.fields else b""
        if zone is None:
            return None
        quick = self.quick(zone)
        flat = quick.split(block[:owned])
        width = quick.groups + 1
        if any(flat[::width]):
            return None
        columns = [flat[place::width] for place in range(1, width)]
        named = list(zip(self.prefix.quick_fields, columns, strict=False))
        text, detail = columns[-2:]
        backend, backends = self._backends([column for name, column in named if name == "stable"], len(text))
        severity, duration, kind = either(columns[-7:-2], self.language)
        time = _times({**dict(named), "zone": [zone] * len(text)}, len(text))
        if (time == NO_TIME).any() and "time" in self.prefix.quick_fields:
            return None
        breaks = b"\0".join(text).count(b"\n")
        if breaks:
            text = [unindented(one) for one in text]
        details = {place: one for place, one in enumerate(detail) if one is not None}
        if details and b"\n" in b"\0".join(details.values()):
            breaks += sum(one.count(b"\n") for one in details.values())
            details = {place: unindented(one) for place, one in details.items()}
        records = Records(
            time=time,
            backend=backend,
            backends=backends,
            vxid=dict(named).get("vxid", [None] * len(text)),
            severity=severity,
            duration=durations(duration),
            kind=self._kinds(kind),
            text=text,
            detail=details,
            lines=len(text) + len(details) + breaks - (not block.endswith(b"\n", 0, owned)),
        )
        context = self.record.findall(block, owned) if owned < len(block) else []
        return hung(records, self._later(context))

    def _later(self, context: list[tuple[bytes, ...]]) -> list[tuple[bytes, bytes, bytes]]:
        """Return session, severity and text of the records that follow a block."""
        at, fields = len(self.prefix.fields), self.prefix.fields
        found: list[tuple[bytes, bytes, bytes]] = []
        for row in own_records(context, Losses(), self.begins):
            session = backend_of(dict(zip(fields, row, strict=False))).session
            found.append((session, self.language.severities[row[at]], unindented(row[at + 3])))
        return found

    def _kinds(self, column: Sequence[bytes | None]) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        return np.fromiter(map(self.language.kinds.__getitem__, column), dtype=np.int8, count=len(column))

    def _backends(
        self, stable: Sequence[Sequence[bytes | None]], size: int
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], list[Backend]]:
        """Return the number of each record's backend, and the backends; each distinct segment is taken apart once."""
        numbering: Numbering[object] = Numbering()
        numbers = numbering.of(self._keys(stable, size), size)
        if len(self.known) > 100_000:
            self.known.clear()
        for key, first in zip(numbering, firsts(numbers), strict=True):
            if key not in self.known:
                self.known[key] = self._backend([column[first] for column in stable])
        return numbers, [self.known[key] for key in numbering]

    def _backend(self, segments: Sequence[bytes | None]) -> Backend:
        """Return who wrote a line with these stable segments."""
        fields: dict[str, bytes] = {}
        for segment, (pattern, names) in zip(segments, self.segments, strict=True):
            match = pattern.fullmatch(segment) if segment is not None else None
            if match is not None:
                fields.update({name: value or b"" for name, value in zip(names, match.groups(), strict=True)})
        return backend_of(fields)

    def _keys(self, stable: Sequence[Sequence[bytes | None]], size: int) -> Iterable[object]:
        """Return what tells backends apart: the segment with the session id where it says all, else all segments."""
        if not stable:
            return [b""] * size
        if len(stable) == 1:
            return stable[0]
        if self.prefix.telling is not None and None not in stable[self.prefix.telling]:
            return stable[self.prefix.telling]
        if self.prefix.telling is not None:
            others = stable[1 - self.prefix.telling] if len(stable) == 2 else [None] * size
            return [one or other for one, other in zip(stable[self.prefix.telling], others, strict=True)]
        return zip(*stable, strict=True)

    def _carefully(self, block: bytes, owned: int) -> Records:
        """Return the records, whatever stands between and within them."""
        found = self.record.findall(block, 0, owned)
        context = self.record.findall(block, owned) if owned < len(block) else []
        losses = Losses()
        rows = own_records(found, losses, self.begins)
        at = len(self.prefix.fields)
        columns = list(zip(*rows, strict=True)) if rows else [()] * (at + 5)
        fields = {name: columns[place] for place, name in enumerate(self.prefix.fields)}
        names = [name for name in fields if name not in ("time", "zone", "epoch", "vxid")]
        numbering: Numbering[tuple[bytes, ...]] = Numbering()
        who = zip(*(fields[name] for name in names), strict=True) if names else iter([()] * len(rows))
        records = Records(
            time=_times(fields, len(rows)),
            backend=numbering.of(who, len(rows)),
            backends=[backend_of(dict(zip(names, key, strict=True))) for key in numbering],
            vxid=fields.get("vxid", [None] * len(rows)),
            severity=[self.language.severities[word] for word in columns[at]],
            duration=durations(columns[at + 1]),
            kind=self._kinds(columns[at + 2]),
            text=[unindented(text) for text in columns[at + 3]],
            lines=block.count(b"\n", 0, owned),
            losses=losses,
        )
        return hung(records, self._later(context))


def unindented(text: bytes) -> bytes:
    """Return a message of several lines as it was before the server indented its continuation lines."""
    return text.replace(b"\n\t", b"\n")


def backend_of(fields: Mapping[str, bytes]) -> Backend:
    """Return who wrote a record; the session is `%c`, else the pid with what tells it from its namesakes."""
    session = fields.get("session") or b" ".join(fields[name] for name in ("pid", "start") if name in fields)
    names = (fields.get(name, b"") for name in ("user", "database", "application", "client"))
    return Backend(session, *(b"" if name == NOBODY else name for name in names))


def _times(fields: Mapping[str, Sequence[bytes]], size: int) -> Times:
    if "time" in fields:
        return times(fields["time"], fields["zone"])
    if "epoch" in fields:
        return epochs(fields["epoch"])
    return np.full(size, NO_TIME, dtype=np.int64)


def reader(head: bytes, prefix: str | None) -> StderrReader:
    """Return the reader of the log that begins with `head`; the prefix is inferred when it is not given.

    Raises `InputError` when no prefix fits: reading on would find nothing and say nothing.
    """
    language = language_of(head)
    guess = Guess(prefix) if prefix is not None else infer_prefix(head, language)
    if guess is None:
        line = next((line for line in head.splitlines() if SEVERE.match(line)), head[:200])
        example = line[:120].decode("utf-8", "replace")
        raise InputError(
            f"its log_line_prefix could not be inferred from lines such as: {example}",
            do="pass the server's setting (SHOW log_line_prefix) with --log-line-prefix",
        )
    found = StderrReader(compile_prefix(guess.prefix), language)
    found.settings = {**found.settings, **_explained(guess)}
    return found


def _explained(guess: Guess) -> dict[str, str]:
    """Return how an inferred prefix reads one line, field by field, and what of it is doubtful."""
    fields = [f"{name} {value or '(empty)'}" for name, value in taken_apart(guess.prefix, guess.line) if guess.line]
    told = {"one line": ", ".join(fields)} if fields else {}
    if guess.doubts:
        told["ambiguous"] = "; ".join([*guess.doubts, "--log-line-prefix says what it is"])
    return told
