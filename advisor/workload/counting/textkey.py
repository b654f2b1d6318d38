"""The literal-insensitive text key: texts that differ in their literals only share one, at the price of a regex."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.capture.lines.patterns import optional, repeated

NUMBER = rb'(?<=[0-9])(?<![A-Za-z_0-9$"\x80-\xff][0-9])[0-9A-Za-z_.]*+' + optional(rb"(?<=[eE])[+-][0-9]++")
PLAIN_STRING = rb"(?<![eE]')[^'\0]*+" + repeated(rb"''[^'\0]*+") + rb"'"
ESCAPED_STRING = rb"(?:[^'\\\0]|\\.|'')*'"
DOLLAR_QUOTED = rb"(?:[A-Za-z_][A-Za-z_0-9]*)?\$(?:[^$\0]|\$(?!\$))*\$(?:[A-Za-z_][A-Za-z_0-9]*)?\$"

LITERAL = re.compile(
    rb"['0-9$/-](?:" + NUMBER + rb"|(?<=')(?:" + PLAIN_STRING + rb"|" + ESCAPED_STRING + rb")"
    rb"|(?<=\$)" + DOLLAR_QUOTED + rb"|(?<=/)\*[^\0]*?\*/|(?<=-)-[^\n\0]*)",
    re.S,
)
"""String, number, dollar-quoted string, comment. The pattern begins with one set of characters, so that the search
can skip everything else, and no alternative runs past a NUL, which separates texts."""

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
