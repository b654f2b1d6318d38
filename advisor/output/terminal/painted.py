"""Severity in colour: words that say how bad something is, where they begin a line or stand in a table."""

from __future__ import annotations

import re

RED, YELLOW, BLUE, GREEN, BOLD, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[32m", "\x1b[1m", "\x1b[0m"
COLOURS = {
    "FAIL": RED,
    "FAILED": RED,
    "NO": RED,
    "error": RED,
    "INCOMPLETE": YELLOW,
    "WARN": YELLOW,
    "warning": YELLOW,
    "INFO": BLUE,
    "info": BLUE,
    "ok": GREEN,
    "passed": GREEN,
    "proven": GREEN,
}
_WORDS = "|".join(sorted(COLOURS, key=lambda word: -len(word)))
_AT_THE_BEGINNING = re.compile(rf"(?m)^( {{0,2}})({_WORDS})(?=[ :]|$)")
_IN_A_TABLE = re.compile(r"(?m)(?<=  )(proven|FAILED)(?=  |$)")
_HEADING = re.compile(rf"(?m)(?:\A|(?<=\n\n))(?!(?:{_WORDS})\b)([A-Z][^\n]*)(?=\n\n)")


def painted(text: str) -> str:
    """Return the text with severities and headings coloured; it must be free of control characters."""
    shown = _HEADING.sub(lambda match: f"{BOLD}{match[1]}{PLAIN}", text)
    shown = _AT_THE_BEGINNING.sub(lambda match: f"{match[1]}{COLOURS[match[2]]}{match[2]}{PLAIN}", shown)
    return _IN_A_TABLE.sub(lambda match: f"{COLOURS[match[1]]}{match[1]}{PLAIN}", shown)
