"""Statements laid out over several lines for a reader: sqlglot breaks the lines, PostgreSQL's parser checks them."""

from __future__ import annotations

import re

from advisor.output.number_units import one_line
from advisor.visible import without_controls

_PLACE = re.compile(r"\$(\d+)")
_HIDDEN = re.compile(r"\b_place_(\d+)\b", re.IGNORECASE)
_LAID_OUT = re.compile(r"[\s(]*(?:select|insert|update|delete|with|merge|values)\b", re.IGNORECASE)
"""How the statements begin that are laid out: of others sqlglot says on stderr that it knows them not."""
_WIDE = 100
"""Characters up to which a statement stays on one line."""
_LONGEST = 10_000
"""Characters of a statement up to which it is laid out."""


def laid_out(text: str, longest: int = 2000) -> str:
    """Return the statement with a clause a line and at most `longest` characters; short ones stay on one line.

    What sqlglot writes is shown only if PostgreSQL's fingerprint of it is that of the original: nobody shall read
    another statement than the one that ran.
    """
    flat = one_line(text, longest)
    shown = without_controls(_formatted(text) or "") if len(flat) > _WIDE else ""
    return shown if shown and len(shown) <= longest else flat


def _formatted(text: str) -> str | None:
    import pglast
    import sqlglot
    from sqlglot.errors import SqlglotError

    if len(text) > _LONGEST or not _LAID_OUT.match(text):
        return None
    try:
        # sqlglot takes `$1::int, $2` for a dollar-quoted string, so `$n` goes in as a name.
        found = sqlglot.parse_one(_PLACE.sub(r"_place_\1", text), read="postgres").sql("postgres", pretty=True)
        written = _HIDDEN.sub(r"$\1", found)
        return written if pglast.fingerprint(written) == pglast.fingerprint(text) else None
    except (SqlglotError, pglast.parser.ParseError, RecursionError, ValueError):
        return None
