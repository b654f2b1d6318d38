"""`log_line_prefix` as a pattern with named fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT = "%m [%p] "
"""The server's own default since PostgreSQL 10."""

STAMP = rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"

FIELDS: Mapping[str, tuple[str, bytes]] = {
    "a": ("application", rb"(.*?)"),
    "u": ("user", rb"(.*?)"),
    "d": ("database", rb"([^@\n]*?)"),
    "r": ("client", rb"([^\s(]*)(?:\([0-9]*\))?"),
    "h": ("client", rb"(\S*?)"),
    "L": ("", rb"\S*"),
    "b": ("backend", rb"(.*?)"),
    "p": ("pid", rb"([0-9]+)"),
    "P": ("", rb"\d*"),
    "t": ("time", rb"(" + STAMP + rb") ([A-Za-z0-9_+:-]+)"),
    "m": ("time", rb"(" + STAMP + rb"\.\d{3}) ([A-Za-z0-9_+:-]+)"),
    "n": ("epoch", rb"(\d{9,11}\.\d{3})"),
    "i": ("", rb".*?"),
    "e": ("sqlstate", rb"([0-9A-Z]{5})"),
    "c": ("session", rb"([0-9a-f]+\.[0-9a-f]+)"),
    "l": ("", rb"\d+"),
    "s": ("start", rb"(" + STAMP + rb") [A-Za-z0-9_+:-]+"),
    "v": ("vxid", rb"([0-9]*(?:/[0-9]+|))"),
    "x": ("", rb"\d*"),
    "Q": ("query_id", rb"(-?\d*)"),
}
"""Each escape's field (empty: matched, not kept) and its pattern."""

USER_AT = rb"([^@\n]*?(?:@[^@\s]*?)??)"
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

SURE: Mapping[str, bytes] = {"p": rb"[0-9]++", "c": rb"[0-9a-f]++\.[0-9a-f]++"}
"""Patterns of escapes for the quick pattern, where what follows is no hexadecimal digit."""

HEXADECIMAL = (*"0123456789abcdef", "")


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
    """Name of each group of the quick pattern; `stable` is a stretch that repeats within a session."""
    again: bytes
    """What the quick pattern's session writes before its next line, by references to the pattern's groups."""
    stretches: tuple[tuple[bytes, tuple[str, ...]], ...]
    """Pattern of each stable stretch, and the names of its groups."""
    telling: int | None = None
    """Which stable stretch holds the session id and all names, where one does."""


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


def compile_prefix(text: str) -> Prefix:
    """Return the pattern of a `log_line_prefix`; unknown escapes vanish, as they do in the server."""
    pieces = _pieces(text)
    pattern, fields = _exact(pieces)
    quick = _Quick(pieces)
    needed = {what for what, kind, _ in pieces if kind == "escape" and what in "audhr"} | {"c"}
    held = [{what for what, kind, _ in stretch if kind == "escape"} for stretch in quick.stretches]
    return Prefix(
        text,
        pattern,
        fields,
        b"".join(quick.parts),
        tuple(quick.names),
        b"".join(quick.again),
        tuple(_exact(stretch) for stretch in quick.stretches),
        next((place for place, letters in enumerate(held) if needed <= letters), None),
    )


def _exact(pieces: list[Piece]) -> tuple[bytes, tuple[str, ...]]:
    """Return the pattern of some pieces and the names of its groups."""
    parts: list[bytes] = []
    fields: list[str] = []
    for place, (what, kind, padding) in enumerate(pieces):
        if kind == "stop":
            parts.append(b"(?:")
        elif kind == "text":
            parts.append(re.escape(what.encode()))
        else:
            name, pattern = FIELDS[what]
            following = pieces[place + 1][0] if place + 1 < len(pieces) else ""
            if what == "u" and following.startswith("@"):
                pattern = USER_AT
            parts.append(_padded(pattern, padding))
            fields.extend([name, "zone"] if name == "time" else [name] if name else [])
    if any(kind == "stop" for _, kind, _ in pieces):
        parts.append(b"|)")
    return b"".join(parts), tuple(fields)


class _Quick:
    """The quick pattern of a prefix, put together piece by piece."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.parts: list[bytes] = []
        self.again: list[bytes] = []
        self.names: list[str] = []
        self.stretches: list[list[Piece]] = []
        self._open: list[tuple[Piece, bytes]] = []
        for piece, following in zip(pieces, [*pieces[1:], ("", "text", None)], strict=False):
            self._add(piece, following)
        self._close()
        if any(kind == "stop" for _, kind, _ in pieces):
            self._both(b"|)")

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
        """End a stretch; one with an escape in it gets a group."""
        stretch = b"".join(pattern for _, pattern in self._open)
        if any(kind == "escape" for (_, kind, _), _ in self._open):
            self.names.append("stable")
            self.parts.append(b"(" + stretch + b")")
            self.again.append(b"(?:\\%d)" % len(self.names))
            self.stretches.append([piece for piece, _ in self._open])
        else:
            self._both(stretch)
        self._open.clear()

    def _both(self, pattern: bytes) -> None:
        self.parts.append(pattern)
        self.again.append(pattern)


def _strict(letter: str, following: Piece) -> bytes:
    """Return the pattern of a field without groups.

    A free one ends at the character that follows it; one of digits need not give any back where none follows.
    """
    pattern = FIELDS[letter][1]
    if b".*?" in pattern or b"*?)" in pattern:
        ends = re.escape(following[0][0].encode()) if following[1] == "text" and following[0] else b""
        return b"[^" + ends + rb"\n]*+" if ends else rb"[^\n]*?"
    certain = following[1] == "text" and following[0][:1] not in HEXADECIMAL
    return SURE[letter] if certain and letter in SURE else _ungrouped(pattern)


def _ungrouped(pattern: bytes) -> bytes:
    return re.sub(rb"\((?!\?)", b"(?:", pattern.replace(rb"\(", b"\0")).replace(b"\0", rb"\(")


def _padded(pattern: bytes, padding: str | None) -> bytes:
    if padding is None:
        return pattern
    return pattern + b" *" if padding.startswith("-") else b" *" + pattern
