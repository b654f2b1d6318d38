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
    "p": ("pid", rb"(\d+)"),
    "P": ("", rb"\d*"),
    "t": ("time", rb"(" + STAMP + rb") ([A-Za-z0-9_+:-]+)"),
    "m": ("time", rb"(" + STAMP + rb"\.\d{3}) ([A-Za-z0-9_+:-]+)"),
    "n": ("epoch", rb"(\d{9,11}\.\d{3})"),
    "i": ("", rb".*?"),
    "e": ("sqlstate", rb"([0-9A-Z]{5})"),
    "c": ("session", rb"([0-9a-f]+\.[0-9a-f]+)"),
    "l": ("", rb"\d+"),
    "s": ("start", rb"(" + STAMP + rb") [A-Za-z0-9_+:-]+"),
    "v": ("vxid", rb"([0-9]*(?:/[0-9]+)?)"),
    "x": ("", rb"\d*"),
    "Q": ("query_id", rb"(-?\d*)"),
}
"""Each escape's field (empty: matched, not kept) and its pattern."""

USER_AT = rb"([^@\n]*?(?:@[^@\s]*?)??)"
"""A user name before `@`: it may hold one itself, as the names of cloud accounts do; a database name may not."""

ESCAPE = re.compile(r"%(-?\d+)?([A-Za-z%])")


@dataclass(frozen=True, slots=True)
class Prefix:
    """A compiled `log_line_prefix`."""

    text: str
    pattern: bytes
    """Regular expression of the prefix at the beginning of a line, unanchored."""
    fields: tuple[str, ...]
    """Name of each group of the pattern; `time` is followed by `zone`."""


def compile_prefix(text: str) -> Prefix:
    """Return the pattern of a `log_line_prefix`; unknown escapes vanish, as they do in the server."""
    parts: list[bytes] = []
    fields: list[str] = []
    place = 0
    optional = False
    for escape in ESCAPE.finditer(text):
        parts.append(re.escape(text[place : escape.start()].encode()))
        place = escape.end()
        letter, padding = escape[2], escape[1]
        if letter == "q" and not optional:
            optional = True
            parts.append(b"(?:")
        elif letter == "%":
            parts.append(b"%")
        elif letter in FIELDS:
            name, pattern = FIELDS[letter]
            if letter == "u" and text[place : place + 1] == "@":
                pattern = USER_AT
            parts.append(_padded(pattern, padding))
            fields.extend([name, "zone"] if name == "time" else [name] if name else [])
    parts.append(re.escape(text[place:].encode()))
    if optional:
        parts.append(b")?")
    return Prefix(text, b"".join(parts), tuple(fields))


def _padded(pattern: bytes, padding: str | None) -> bytes:
    if padding is None:
        return pattern
    return pattern + b" *" if padding.startswith("-") else b" *" + pattern
