"""Whether one index predicate implies another, as far as text can tell; in doubt the answer is no."""

from __future__ import annotations

import re


def implies(premise: str | None, conclusion: str | None) -> bool:
    """Return whether every row of an index on `premise` satisfies `conclusion` (`None` is true of every row)."""
    if conclusion is None:
        return True
    if premise is None:
        return False
    return conjuncts(conclusion) <= conjuncts(premise)


def conjuncts(predicate: str) -> frozenset[str]:
    """Return the ANDed parts of a predicate in one spelling: no outer parentheses, no needless quotes or casts."""
    return frozenset(_spelled(part) for part in _split(stripped(predicate)))


def _spelled(part: str) -> str:
    part = stripped(part)
    part = re.sub(r'"([a-z_][a-z0-9_]*)"', r"\1", part)
    part = re.sub(r"::(?:text|bpchar|character varying(?:\(\d+\))?)", "", part)
    part = re.sub(r"\((\w+)\)", r"\1", part)
    return re.sub(r"\s+", " ", part).strip()


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


def _split(text: str) -> list[str]:
    """Return the parts between top-level ANDs; the whole text when an OR stands at the top."""
    depth, cuts = 0, []
    outside = dict(_marks(text))
    for place, mark in outside.items():
        depth += 1 if mark == "(" else -1 if mark == ")" else 0
        word = text[place : place + 5].upper()
        if depth == 0 and mark.isspace():
            if word[1:4] == "OR " or (word[1:3] == "OR" and len(word) == 3):
                return [text]
            if word[1:4] == "AND" and (len(word) < 5 or word[4] in " ("):
                cuts.append(place)
    parts, start = [], 0
    for cut in cuts:
        parts.append(text[start:cut])
        start = cut + 4
    return [*parts, text[start:]]
