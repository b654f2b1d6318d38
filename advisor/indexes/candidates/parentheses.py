"""Parentheses around the whole of an expression, which `CREATE INDEX` does not need."""

from __future__ import annotations


def stripped(text: str) -> str:
    """Return the text without parentheses around the whole of it."""
    text = text.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closing(text: str) -> int:
    """Return where the parenthesis that opens the text closes."""
    depth = 0
    for place, mark in _marks(text):
        depth += 1 if mark == "(" else -1 if mark == ")" else 0
        if depth == 0 and mark == ")":
            return place
    return -1


def _marks(text: str) -> list[tuple[int, str]]:
    """Return the characters outside string literals and quoted identifiers, with their places."""
    marks, quote = [], ""
    for place, mark in enumerate(text):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"":
            quote = mark
        else:
            marks.append((place, mark))
    return marks
