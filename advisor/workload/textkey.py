"""The literal-insensitive text key: texts that differ in their literals only share one, at the price of a regex."""

from __future__ import annotations

import re
from collections.abc import Sequence

LITERAL = re.compile(
    rb"'(?:(?<![eE]')[^'\0]*(?:''[^'\0]*)*'|(?:[^'\\\0]|\\.|'')*')"
    rb'|[0-9](?<![A-Za-z_0-9$"\x80-\xff][0-9])[0-9A-Za-z_.]*(?:(?<=[eE])[+-][0-9]+)?'
    rb"|\$(?:[A-Za-z_][A-Za-z_0-9]*)?\$(?:[^$\0]|\$(?!\$))*\$(?:[A-Za-z_][A-Za-z_0-9]*)?\$"
    rb"|/\*[^\0]*?\*/|--[^\n\0]*",
    re.S,
)
"""String, number, dollar-quoted string, comment. Each alternative begins with a fixed character, so that the search
can skip everything else, and none runs past a NUL, which separates texts."""

SEPARATOR = b"\0"


def text_keys(texts: Sequence[bytes]) -> list[bytes]:
    """Return the key of each text: its literals and comments replaced by `?`."""
    return joined_keys(SEPARATOR.join(texts)) if texts else []


def joined_keys(joined: bytes) -> list[bytes]:
    """Return the keys of texts joined by `SEPARATOR`."""
    return LITERAL.sub(b"?", joined).split(SEPARATOR)


def literals(text: bytes) -> list[tuple[int, bytes]]:
    """Return the literals of a text with their byte offsets, comments left out."""
    found = ((match.start(), match.group()) for match in LITERAL.finditer(text))
    return [(place, token) for place, token in found if not token.startswith((b"/*", b"--"))]
