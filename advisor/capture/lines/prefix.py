r"""`log_line_prefix` as two patterns with named fields: an exact one, and a quick one that is tried first.

What `compile_prefix('%m [%p] %q%u@%d ')` makes (blanks in brackets stand for escaped ones):

    exact   (date time.ms)[ ](zone)[ ]\[(digits)\][ ](?:(user)@(database)[ ]|)
            time           zone         pid             user   database
    quick   (.{23}+)[ ]zone([ ]\[digits\][ ])(?:([^@]*+@[^ ]*+[ ])|)
            time           stable               stable
    again   the quick one with \2 and \3 for its two stable groups

The quick pattern takes each run of fields that repeat within a session (pid, user, database) as one `stable` group of
bytes, which is taken apart once per session by `segments`, not once per line; `again` is what the next line of the same
session must look like. What the quick pattern does not fit (a name with `@` or a blank in it) is left to the exact one.
No field gives back what it took but the free ones (application, user, database, backend, command), and of those only
the last: so a line is read in linear time whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEFAULT = "%m [%p] "
"""The server's own default since PostgreSQL 10."""

STAMP = rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"

ZONES = rb"((?:[A-Za-z]{1,31}+|[+-][0-9]{2}(?::?[0-9]{2}){0,2}+))"

FIELDS: Mapping[str, tuple[str, bytes]] = {
    "a": ("application", rb"(.*?)"),
    "u": ("user", rb"(.*?)"),
    "d": ("database", rb"([^@\n]*?)"),
    "r": ("client", rb"([^\s(]*+(?=\()|\[\w{0,20}+\]|[0-9.]{0,15}+)(?:\([0-9]{0,5}+\))?+"),
    "h": ("client", rb"(\S*?)"),
    "L": ("", rb"\S*?"),
    "b": ("backend", rb"(.*?)"),
    "p": ("pid", rb"([0-9]{1,10}+)"),
    "P": ("", rb"[0-9]{0,10}+"),
    "t": ("time", rb"(" + STAMP + rb") " + ZONES),
    "m": ("time", rb"(" + STAMP + rb"\.\d{3}) " + ZONES),
    "n": ("epoch", rb"([0-9]{9,11}\.[0-9]{3})"),
    "i": ("", rb".*?"),
    "e": ("sqlstate", rb"([0-9A-Z]{5})"),
    "c": ("session", rb"([0-9a-f]{1,16}+\.[0-9a-f]{1,16}+)"),
    "l": ("", rb"[0-9]{1,20}+"),
    "s": ("start", rb"(" + STAMP + rb") " + ZONES.replace(b"((?:", b"(?:").removesuffix(b")")),
    "v": ("vxid", rb"([0-9]{0,10}+(?:/[0-9]{1,10}+|))"),
    "x": ("", rb"[0-9]{0,20}+"),
    "Q": ("query_id", rb"(-?[0-9]{0,20}+)"),
}
"""Each escape's field (empty: matched, not kept) and its pattern.

None gives back what it took, but the free ones, which hold anything; no number is longer than the server's."""

WIDEST = 100
"""Blanks that pad a field at most."""

UNENDED = rb"[^\n]*?"
"""The quick pattern of a free field that no text ends."""

LAZY = b"*?"
"""What the patterns of free fields have, and no other."""

USER_AT = rb"([^@\n]*+(?:@[^@\s]*+(?=@))?+)"
"""A user name before `@`: it may hold one itself, as the names of cloud accounts do; a database name may not."""

ESCAPE = re.compile(r"%(-?\d+)?([A-Za-z%])")


VOLATILE = frozenset("lxQe")
"""Escapes that change from line to line and that nobody needs."""

ZONE = rb"(?P<zone>[A-Za-z0-9_+:-]+)"
"""A time zone in the quick pattern, until its reader puts the zone in its place that the log is in."""

QUICK: Mapping[str, tuple[str, bytes, bytes]] = {
    "m": ("time", rb"(.{23}+)", b" " + ZONE),
    "t": ("time", rb"(.{19}+)", b" " + ZONE),
    "n": ("epoch", FIELDS["n"][1], b""),
    "v": ("vxid", rb"([0-9/]*+)", b""),
}
"""Escapes that the quick pattern gives a group of their own: field, group, and what follows it.

Whoever reads the times finds out what is none."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A compiled `log_line_prefix`."""

    text: str
    pattern: bytes
    """Regular expression of the prefix at the beginning of a line, unanchored."""
    fields: tuple[str, ...]
    """Name of each group of the pattern; `time` is followed by `zone`."""
    quick: bytes
    """A stricter and faster pattern, for names without awkward characters."""
    quick_fields: tuple[str, ...]
    """Name of each group of the quick pattern; `stable` is a segment that repeats within a session."""
    again: bytes
    """What the quick pattern's session writes before its next line, by references to the pattern's groups."""
    segments: tuple[tuple[bytes, tuple[str, ...]], ...]
    """Pattern of each stable segment, and the names of its groups."""
    telling: int | None = None
    """Which stable segment holds the session id and all names, where one does."""


Piece = tuple[str, str, str | None]
"""Text or escape letter, which of them (`text`, `escape`, `stop`), and padding."""


def _pieces(text: str) -> list[Piece]:
    found: list[Piece] = []
    place = 0
    stopped = False
    for escape in ESCAPE.finditer(text):
        found.append((text[place : escape.start()], "text", None))
        place = escape.end()
        if escape[2] == "%":
            found.append(("%", "text", None))
        elif escape[2] == "q" and not stopped:
            stopped = True
            found.append(("", "stop", None))
        elif escape[2] in FIELDS:
            found.append((escape[2], "escape", escape[1]))
    found.append((text[place:], "text", None))
    return [piece for piece in found if piece[0] or piece[1] == "stop"]


def exact_pattern(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the pattern of a `log_line_prefix` alone, and the names of its groups."""
    return _exact(_pieces(text))


def compile_prefix(text: str) -> Prefix:
    """Return the pattern of a `log_line_prefix`; unknown escapes vanish, as they do in the server."""
    pieces = _pieces(text)
    pattern, fields = _exact(pieces)
    quick = _Quick(pieces)
    needed = {what for what, kind, _ in pieces if kind == "escape" and what in "audhr"} | {"c"}
    held = [{what for what, kind, _ in segment if kind == "escape"} for segment in quick.segments]
    return Prefix(
        text,
        pattern,
        fields,
        quick.pattern(),
        tuple(quick.names),
        b"".join(quick.again),
        tuple(_exact(segment) for segment in quick.segments),
        next((place for place, letters in enumerate(held) if needed <= letters), None),
    )


SPOKEN = {
    "a": "application", "u": "user", "d": "database", "r": "client", "h": "client", "L": "server's address",
    "b": "kind of process", "p": "process id", "P": "leader's process id", "t": "time", "m": "time", "n": "time",
    "i": "command", "e": "SQLSTATE", "c": "session id", "l": "line number", "s": "session's begin",
    "v": "virtual transaction", "x": "transaction", "Q": "query id",
}  # fmt: skip
"""What each escape stands for, in words."""


def taken_apart(text: str, line: str) -> list[tuple[str, str]]:
    """Return what each escape of a `log_line_prefix` stands for at the beginning of a line, in words, and its value."""
    pattern, letters = _exact(_pieces(text), every=True)
    match = re.match(pattern + b"$", line.encode())
    values = match.groups() if match else ()
    return [
        (SPOKEN[what], value.decode("utf-8", "replace").strip())
        for what, value in zip(letters, values, strict=False)
        if value is not None
    ]


def _exact(pieces: list[Piece], every: bool = False) -> tuple[bytes, tuple[str, ...]]:
    """Return the pattern of some pieces and the names of its groups; with `every`, a group an escape, named by it.

    A free field ends where what follows it first stands, and only the last one may be made longer when that does not
    fit: so a line is read in linear time, whatever is in it.
    """
    parts: list[bytes] = []
    fields: list[str] = []
    last = max((place for place, (what, kind, _) in enumerate(pieces) if kind == "escape" and _free(what)), default=-1)
    for place, (what, kind, padding) in enumerate(pieces):
        if kind == "stop":
            parts.append(b"(?:")
        elif kind == "text":
            parts.append(re.escape(what.encode()))
        else:
            name = FIELDS[what][0]
            following = pieces[place + 1 : place + 3]
            field = _field(what, following)
            pattern = _padded(_ungrouped(field) if every else field, padding)
            pattern = _ended(pattern, following) if _free(what) and place != last else pattern
            parts.append(b"(" + pattern + b")" if every else pattern)
            fields.extend([what] if every else [name, "zone"] if name == "time" else [name] if name else [])
    if any(kind == "stop" for _, kind, _ in pieces):
        parts.append(b"|)")
    return b"".join(parts), tuple(fields)


def _free(letter: str) -> bool:
    return LAZY in FIELDS[letter][1]


def _field(letter: str, following: Sequence[Piece]) -> bytes:
    """Return the pattern of a field, with its group."""
    at = letter == "u" and following and following[0][1] == "text" and following[0][0].startswith("@")
    return USER_AT if at else FIELDS[letter][1]


def _ended(pattern: bytes, following: Sequence[Piece]) -> bytes:
    """Return a free field's pattern that gives nothing back once the text and the strict field behind it stand there.

    The field of a user before `@` never gives anything back.
    """
    look = b""
    for what, kind, _ in following:
        if kind == "text":
            look += re.escape(what.encode())
        else:
            look += _ungrouped(FIELDS[what][1]) if kind == "escape" and not _free(what) else b""
            break
    return b"(?>" + pattern + (b"(?=" + look + b")" if look else b"") + b")"


class _Quick:
    """The quick pattern of a prefix, put together piece by piece."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.parts: list[bytes] = []
        self.again: list[bytes] = []
        self.names: list[str] = []
        self.segments: list[list[Piece]] = []
        self._open: list[tuple[Piece, bytes]] = []
        for piece, following in zip(pieces, [*pieces[1:], ("", "text", None)], strict=False):
            self._add(piece, following)
        self._close()
        if any(kind == "stop" for _, kind, _ in pieces):
            self._both(b"|)")

    def pattern(self) -> bytes:
        """Return the pattern; one that fits nothing where it would try every way to share a line among fields."""
        whole = b"".join(self.parts)
        return b"(?!)" + whole if whole.count(UNENDED) > 1 else whole

    def _add(self, piece: Piece, following: Piece) -> None:
        what, kind, padding = piece
        if kind == "stop":
            self._close()
            self._both(b"(?:")
        elif kind == "text":
            self._open.append((piece, re.escape(what.encode())))
        elif what in QUICK:
            self._close()
            name, group, rest = QUICK[what]
            self.names.append(name)
            self.parts.append(_padded(group + rest, padding))
            self.again.append(_padded(_ungrouped(group) + rest, padding))
        elif what in VOLATILE:
            self._close()
            self._both(_padded(_ungrouped(FIELDS[what][1]), padding))
        else:
            self._open.append((piece, _padded(_strict(what, following), padding)))

    def _close(self) -> None:
        """End a segment; one with an escape in it gets a group."""
        segment = b"".join(pattern for _, pattern in self._open)
        if any(kind == "escape" for (_, kind, _), _ in self._open):
            self.names.append("stable")
            self.parts.append(b"(" + segment + b")")
            self.again.append(b"(?:\\%d)" % len(self.names))
            self.segments.append([piece for piece, _ in self._open])
        else:
            self._both(segment)
        self._open.clear()

    def _both(self, pattern: bytes) -> None:
        self.parts.append(pattern)
        self.again.append(pattern)


def _strict(letter: str, following: Piece) -> bytes:
    """Return the pattern of a field without groups; a free one ends at the character that follows it."""
    if not _free(letter):
        return _ungrouped(FIELDS[letter][1])
    ends = re.escape(following[0][0].encode()) if following[1] == "text" and following[0] else b""
    return b"[^" + ends + rb"\n]*+" if ends else UNENDED


def _ungrouped(pattern: bytes) -> bytes:
    return re.sub(rb"\((?!\?)", b"(?:", pattern.replace(rb"\(", b"\0")).replace(b"\0", rb"\(")


def _padded(pattern: bytes, padding: str | None) -> bytes:
    """Return a field's pattern with the blanks that may pad it."""
    if padding is None:
        return pattern
    blanks = b" {0,%d}" % min(abs(int(padding)), WIDEST)
    return pattern + blanks if padding.startswith("-") else blanks + pattern
