"""Syslog files: a header per line, long messages in numbered parts, control characters escaped.

A message goes to syslog in parts (`[7-1]`, `[7-2]`, …), each line and each 900 bytes one; parts of several sessions
interleave. Rejoined, with syslog's time and pid in front, they are lines of the stderr format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from advisor.capture.lines.prefix import compile_prefix
from advisor.capture.record import Records
from advisor.capture.records import stderr
from advisor.capture.records.stderr import StderrReader

NAME = "syslog"

PREFIX, WITHOUT_PID = "%m [%p] ", "%m "
"""What every rejoined line begins with, before the server's own prefix; the latter where tags name no process."""

LINE = re.compile(
    rb"^(?:<\d+>\d? ?)?"
    rb"(?:(?P<month>[A-Z][a-z]{2}) +(?P<day>\d+) (?P<clock>\d\d:\d\d:\d\d)(?:\.\d+)?"
    rb"|(?P<iso>\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:?\d\d)))"
    rb" (?:[^\s\[\]:]+ )?(?:[\w./-]+\[(?P<pid>\d+)\]: |[\w./-]*postgres[\w./-]*: |[\w./-]+: (?=\[\d+-\d+\] ?))"
    rb"(?:\[(?P<number>\d+)(?:-(?P<part>\d+))?\] ?)?(?P<text>.*)$",
    re.M,
)
MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
ESCAPE = re.compile(rb"#(011|012)")


def sniff(head: bytes) -> float:
    """Return how surely these are syslog lines, above all that see a mere time in front of another format."""
    lines = head[: head.rfind(b"\n") + 1] or head
    total = max(lines.count(b"\n"), 1)
    found = len(LINE.findall(lines))
    return 1.1 * min(1.0, found / total) if 2 * found >= total else 0.0


def _plain(text: bytes) -> bytes:
    """Return a text with its tabs and line breaks; syslog daemons write them as `#011` and `#012`."""
    if b"#01" not in text:
        return text
    return ESCAPE.sub(lambda match: b"\t" if match[1] == b"011" else b"\n", text)


def _stamp(match: re.Match[bytes], year: int) -> bytes:
    """Return syslog's time as `%m` would write it, in UTC where it has a zone; a damaged time as it stands."""
    if match["iso"]:
        try:
            time = datetime.fromisoformat(match["iso"].decode()).astimezone(UTC)
        except (ValueError, OverflowError):
            return match["iso"]
        return time.strftime("%Y-%m-%d %H:%M:%S.").encode() + b"%03d UTC" % (time.microsecond // 1000)
    month = MONTHS.index(match["month"]) + 1 if match["month"] in MONTHS else 1
    return b"%04d-%02d-%02d %s.000 UTC" % (year, month, int(match["day"]), match["clock"])


def _head(match: re.Match[bytes], year: int) -> bytes:
    """Return what a rejoined line begins with."""
    return _stamp(match, year) + (b" [" + match["pid"] + b"] " if match["pid"] else b" ")


class SyslogReader:
    """Reads blocks of one syslog file."""

    def __init__(self, inner: StderrReader, year: int) -> None:
        self.inner = inner
        self.year = year
        own = inner.prefix.text.removeprefix(PREFIX).removeprefix(WITHOUT_PID)
        self.settings: Mapping[str, str] = {"log_line_prefix": own}
        self.resolution = 0 if "%m" in own or "%n" in own else 1_000_000

    def __reduce__(self) -> tuple[type[SyslogReader], tuple[StderrReader, int]]:
        return SyslogReader, (self.inner, self.year)

    def starts(self, line: bytes) -> bool:
        """Return whether a message begins with this line."""
        match = LINE.match(line)
        if match is None:
            return False
        if match["part"]:
            return match["part"] == b"1"
        return self.inner.starts(_head(match, self.year) + match["text"])

    def read(self, block: bytes, owned: int) -> Records:
        """Return the records that begin in the first `owned` bytes of `block`; later parts of theirs may follow."""
        messages, place, broken = rejoined(block, owned, self.year, self.inner.start)
        own = b"".join(message + b"\n" for message in messages[:place])
        records = self.inner.read(own, len(own))
        records.lines = block.count(b"\n", 0, owned)
        for line in broken:
            records.losses.add("line without a syslog header", line)
        return records


def rejoined(
    block: bytes, owned: int, year: int, start: re.Pattern[bytes] | None
) -> tuple[list[bytes], int, list[bytes]]:
    """Return whole messages as stderr would have them, how many begin in the owned bytes, and lines left out."""
    messages: list[list[bytes]] = []
    heads: list[bytes] = []
    last: dict[tuple[bytes | None, bytes | None], int] = {}
    begun = 0
    broken: list[bytes] = []
    place = 0
    for line in block.split(b"\n"):
        match = LINE.match(line)
        own = place < owned
        place += len(line) + 1
        if match is None:
            if line.strip() and own:
                broken.append(line)
            continue
        head = _head(match, year)
        text = _plain(match["text"])
        key = match["pid"], match["number"]
        numbered = match["part"] is not None
        new = match["part"] == b"1" if numbered else _begins(head + text, start)
        if new or key not in last:
            if not new and numbered and not own:
                continue
            last[key] = len(messages)
            messages.append([head + text.replace(b"\n", b"\n" if not numbered else b"\n\t")])
            heads.append(head)
            begun += own
        else:
            messages[last[key]].append(_part(text, heads[last[key]], start))
    return [b"".join(parts) for parts in messages], begun, broken


def _begins(line: bytes, start: re.Pattern[bytes] | None) -> bool:
    """Return whether an unnumbered line begins a message."""
    return start.match(line) is not None if start is not None else bool(stderr.SEVERE.match(line))


def _part(text: bytes, head: bytes, start: re.Pattern[bytes] | None) -> bytes:
    """Return a later part as it continues its message: a new line, or the rest of one that was too long."""
    if text.startswith(b"\t"):
        return b"\n" + text
    return b"\n" + head + text if _begins(head + text, start) else text


def reader(head: bytes, prefix: str | None) -> SyslogReader:
    """Return the reader of the syslog file that begins with `head`; the server's own prefix is inferred.

    The traditional header has no year: the year is the latest that does not lie in the future.
    """
    now = datetime.now(UTC)
    first = LINE.search(head)
    ahead = first is not None and first["month"] in MONTHS and MONTHS.index(first["month"]) + 1 > now.month
    year = now.year - 1 if ahead else now.year
    whole = head[: head.rfind(b"\n") + 1] or head
    messages, _, _ = rejoined(whole, len(whole), year, None)
    bodies = b"\n".join(_headless(message) for message in messages) + b"\n"
    own = stderr.reader(bodies, prefix)
    before = PREFIX if first is None or first["pid"] else WITHOUT_PID
    found = SyslogReader(StderrReader(compile_prefix(before + own.prefix.text), own.language), year)
    found.settings = {**own.settings, **found.settings}
    return found


HEAD = re.compile(rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC (?:\[\d+\] )?", re.M)


def _headless(message: bytes) -> bytes:
    """Return a rejoined message without what stands before the server's own prefix."""
    return HEAD.sub(b"", message)
