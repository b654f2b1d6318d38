"""Text from files made fit to be shown: nothing in it moves a cursor, turns what is read around, or commands a CI log.

Names, ids, causes and statements come from production and from pull requests. A character that a terminal obeys is
shown as `\\uXXXX`, which is also what JSON means by it, so that a JSON document stays the same document.
"""

from __future__ import annotations

import re

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udfff]"
)
"""Control characters but tab and newline, bidirectional marks, what has no width, line separators, half characters."""

_COMMANDS = re.compile(r"^(\s*+):(?=:)|#(?=#\[)", re.MULTILINE)
"""How the lines begin that GitHub's runner obeys, in whatever a step prints."""


def visible(text: str) -> str:
    """Return a text of lines, each of which may be printed."""
    return _COMMANDS.sub(_broken, without_controls(text))


def without_controls(text: str) -> str:
    """Return a text with every character that a terminal obeys, but tab and newline, written as `\\uXXXX`."""
    return _OBEYED.sub(_written, text) if _OBEYED.search(text) else text


def on_one_line(text: str) -> str:
    """Return a name as part of a line: newlines and tabs are written `\\n` and `\\t`."""
    return visible(text.replace("\n", r"\n").replace("\t", r"\t"))


def _written(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _broken(match: re.Match[str]) -> str:
    return (match[1] or "") + (r"\u003a" if match[0].endswith(":") else r"\u0023")
