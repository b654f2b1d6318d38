"""Constants and comments out of the statement texts of an export; pg_stat_statements leaves some in."""

from __future__ import annotations

import csv
import io

_CONSTANTS = frozenset({"SCONST", "USCONST", "BCONST", "XCONST", "FCONST", "ICONST"})
_COMMENTS = frozenset({"SQL_COMMENT", "C_COMMENT"})
_HARMLESS_DIGITS = 3
"""Integers up to this length stay: they are ordinals of ORDER BY and lengths of types, and identify nobody."""


def redacted_statements(text: str | None) -> tuple[str | None, list[str]]:
    """Return a statements CSV without constants and comments, and notes on what that changed."""
    if text is None:
        return None, []
    rows = list(csv.reader(io.StringIO(text, newline="")))
    query = rows[0].index("query") if rows and "query" in rows[0] else None
    if query is None:
        return None, ["redacted: the statements have no column named query and are left out"]
    kept, refused = [rows[0]], 0
    for row in rows[1:]:
        plain = redacted_text(row[query]) if len(row) > query else None
        refused += plain is None
        if plain is not None:
            kept.append([*row[:query], plain, *row[query + 1 :]])
    notes = [f"redacted: {refused} statements that cannot be read are left out"] if refused else []
    return _written(kept), notes


def redacted_text(text: str) -> str | None:
    """Return the text with `$n` for its constants and without comments; `None` when its tokens cannot be told apart."""
    from pglast.parser import ParseError, scan

    try:
        tokens = scan(text)
    except ParseError:
        return None
    number = max((int(text[token.start + 1 : token.end + 1]) for token in tokens if token.name == "PARAM"), default=0)
    parts, position = [], 0
    for token in tokens:
        if token.name not in _CONSTANTS | _COMMENTS or _is_harmless(token.name, token.end - token.start + 1):
            continue
        parts.append(text[position : token.start])
        if token.name in _CONSTANTS:
            number += 1
            parts.append(f"${number}")
        position = token.end + 1
    return "".join([*parts, text[position:]])


def without_constants(text: str) -> str | None:
    """Return the text with `$n` for each constant that an expression holds, however short, and without comments.

    `None` when it cannot be parsed: a statement that was cut off, or is none.
    """
    from pglast.parser import ParseError, normalize

    try:
        return redacted_text(normalize(text))
    except ParseError:
        return None


def _is_harmless(name: str, length: int) -> bool:
    return name == "ICONST" and length <= _HARMLESS_DIGITS


def _written(rows: list[list[str]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
