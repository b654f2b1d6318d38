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

APART = {"m": ("time", "zone"), "t": ("time", "zone"), "n": ("epoch",), "v": ("vxid",)}
"""Escapes that the quick pattern gives groups of their own."""

LOOSE = {"m": rb"(.{23}) ([A-Za-z0-9_+:-]+)", "t": rb"(.{19}) ([A-Za-z0-9_+:-]+)", "v": rb"([0-9/]*)"}
"""Times and ids as the quick pattern has them: whoever reads the times finds out what is none."""


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
    quick, quick_fields, telling = _quick(pieces)
    return Prefix(text, b"".join(parts), tuple(fields), quick, quick_fields, telling)


def _quick(pieces: list[Piece]) -> tuple[bytes, tuple[str, ...], int | None]:
    """Return the quick pattern, the names of its groups and the stable stretch that says who wrote a line."""
    parts: list[bytes] = []
    names: list[str] = []
    stretch: list[bytes] = []
    letters: list[set[str]] = []
    held: set[str] = set()

    def close() -> None:
        if any(part.startswith((b"[^", b"(?")) or b"\\d" in part for part in stretch):
            parts.append(b"(" + b"".join(stretch) + b")")
            names.append("stable")
            letters.append(set(held))
        else:
            parts.extend(stretch)
        stretch.clear()
        held.clear()

    for place, (what, kind, padding) in enumerate(pieces):
        following = pieces[place + 1] if place + 1 < len(pieces) else ("", "text", None)
        if kind == "stop":
            close()
            parts.append(b"(?:")
        elif kind == "text":
            stretch.append(re.escape(what.encode()))
        elif what in APART or what in VOLATILE:
            close()
            grouped = LOOSE.get(what, FIELDS[what][1]) if what in APART else _ungrouped(FIELDS[what][1])
            parts.append(_padded(grouped, padding))
            names.extend(APART.get(what, ()))
        else:
            stretch.append(_padded(_strict(what, following), padding))
            held.add(what)
    close()
    if any(kind == "stop" for _, kind, _ in pieces):
        parts.append(b"|)")
    needed = {what for what, kind, _ in pieces if kind == "escape" and what in "audhr"} | {"c"}
    telling = next((place for place, found in enumerate(letters) if needed <= found), None)
    return b"".join(parts), tuple(names), telling


def _strict(letter: str, following: Piece) -> bytes:
    """Return the pattern of a field without groups; a free one ends at the character that follows it."""
    pattern = FIELDS[letter][1]
    if b".*?" in pattern or b"*?)" in pattern:
        ends = re.escape(following[0][0].encode()) if following[1] == "text" and following[0] else b""
        return b"[^" + ends + rb"\n]*" if ends else rb"[^\n]*?"
    return _ungrouped(pattern)


def _ungrouped(pattern: bytes) -> bytes:
    return re.sub(rb"\((?!\?)", b"(?:", pattern.replace(rb"\(", b"\0")).replace(b"\0", rb"\(")


def _padded(pattern: bytes, padding: str | None) -> bytes:
    if padding is None:
        return pattern
    return pattern + b" *" if padding.startswith("-") else b" *" + pattern
