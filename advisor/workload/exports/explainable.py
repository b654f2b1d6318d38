"""Normalised text the server can plan again.

pg_stat_statements puts `$n` where a literal was, also where only a literal may stand: `interval $1`, `date $2` and
`extract($3 from x)` are syntax errors for the server (though not for pglast). They become casts and a function call;
everything else stays byte-exact. `now() - $1` gets a cast too, since the server would take `$1` for a timestamp.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pglast.parser import ParseError, Token, scan

COMMENTS = frozenset({"SQL_COMMENT", "C_COMMENT"})
TYPE_KEYWORDS = frozenset(
    {"BIGINT", "BIT", "BOOLEAN_P", "CHAR_P", "CHARACTER", "DEC", "DECIMAL_P", "FLOAT_P", "INT_P", "INTEGER", "INTERVAL",
     "NCHAR", "NUMERIC", "REAL", "SMALLINT", "TIME", "TIMESTAMP", "VARCHAR"}
)  # fmt: skip
"""Keywords a type's name is or begins with; `date` and the others are plain identifiers."""
SECOND_WORDS = {"PRECISION": ("DOUBLE_P",), "VARYING": ("CHAR_P", "CHARACTER", "BIT", "NCHAR")}
"""Second words of type names, and the first words they belong to."""
CLOCKS = frozenset({"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"})
CLOCK_KEYWORDS = frozenset({"CURRENT_TIMESTAMP", "LOCALTIMESTAMP"})
COMPARISONS = frozenset(
    {"ASCII_60", "ASCII_61", "ASCII_62", "LESS_EQUALS", "GREATER_EQUALS", "NOT_EQUALS", "BETWEEN", "AND"}
)


SUSPECT = re.compile(
    r"([A-Za-z_]\w*|[\")\x80-\U0010ffff])(?:\s|/\*.*?\*/|--[^\n]*\n)+\$[0-9]"
    r"|extract\s*\((?:\s|/\*.*?\*/)*\$[0-9]|(?:\)|stamp)\s*[-+]\s*\$[0-9]",
    re.IGNORECASE | re.DOTALL,
)
"""Where something may be to do; the scanner is asked only then, since it costs milliseconds on long texts."""
HARMLESS = frozenset(
    {"all", "and", "any", "as", "by", "between", "case", "default", "distinct", "else", "escape", "from", "having",
     "ilike", "in", "is", "like", "limit", "not", "offset", "on", "or", "returning", "select", "set", "similar", "then",
     "to", "using", "values", "when", "where", "collate", "for", "first", "next", "some", "with", "end"}
)  # fmt: skip
"""Keywords that stand before a parameter by right."""


class Edit(NamedTuple):
    """Replace the characters from `begin` to `end`."""

    begin: int
    end: int
    text: str


def explainable(text: str) -> str:
    """Return `text` with `$n` made acceptable where only a literal may stand; the same text where nothing is to do."""
    if not any(match[1] is None or match[1].lower() not in HARMLESS for match in SUSPECT.finditer(text)):
        return text
    words = _words(text)
    edits = [edit for index, word in enumerate(words) if word.name == "PARAM" and (edit := _edit(text, words, index))]
    for edit in reversed(edits):
        text = text[: edit.begin] + edit.text + text[edit.end :]
    return text


def _words(text: str) -> list[Token]:
    try:
        return [token for token in scan(text) if token.name not in COMMENTS]
    except ParseError:
        return []


def _edit(text: str, words: Sequence[Token], index: int) -> Edit | None:
    """Return what makes the parameter at `index` acceptable, `None` where it already is."""
    word, end = words[index], words[index].end + 1
    parameter = text[word.start : end]
    if index >= 2 and words[index - 2].name == "EXTRACT" and index + 1 < len(words) and words[index + 1].name == "FROM":
        return Edit(words[index - 2].start, words[index + 1].end + 1, f"date_part({parameter},")
    if (first := _type_before(words, index)) is not None:
        name = text[words[first].start : words[index - 1].end + 1]
        return Edit(words[first].start, end, f"{parameter}::{name}")
    cast = index + 1 < len(words) and words[index + 1].name == "TYPECAST"
    if _follows_clock(text, words, index) and not cast:
        return Edit(word.start, end, f"{parameter}::interval")
    return None


def _type_before(words: Sequence[Token], index: int) -> int | None:
    """Return the index of the first word of the type name that stands directly before the word at `index`."""
    last = index - 1
    if (
        last >= 3
        and words[last].name == "ZONE"
        and words[last - 2].name in ("WITH", "WITHOUT", "WITH_LA", "WITHOUT_LA")
    ):
        last -= 3
    if last > 0 and words[last].name == "ASCII_41":
        last = _opening(words, last) - 1
    if last < 0:
        return None
    first = SECOND_WORDS.get(words[last].name)
    if first is not None:
        return last - 1 if last and words[last - 1].name in first else None
    if words[last].name in TYPE_KEYWORDS:
        return last
    return _qualified(words, last) if words[last].name == "IDENT" else None


def _opening(words: Sequence[Token], closing: int) -> int:
    """Return the index of the bracket before a type modifier such as `(10, 2)`, 0 where it is none."""
    at = closing - 1
    while at > 0 and words[at].name in ("ICONST", "ASCII_44"):
        at -= 1
    return at if words[at].name == "ASCII_40" and at < closing - 1 else 0


def _qualified(words: Sequence[Token], last: int) -> int:
    while last >= 2 and words[last - 1].name == "ASCII_46":
        last -= 2
    return last


def _follows_clock(text: str, words: Sequence[Token], index: int) -> bool:
    """Return whether the word is added to or taken from the current time within a comparison."""
    if index < 2 or words[index - 1].name not in ("ASCII_43", "ASCII_45"):
        return False
    if words[index - 2].name in CLOCK_KEYWORDS:
        clock = index - 2
    elif index >= 4 and words[index - 2].name == "ASCII_41" and _lower(text, words[index - 4]) in CLOCKS:
        clock = index - 4
    else:
        return False
    return clock > 0 and words[clock - 1].name in COMPARISONS


def _lower(text: str, word: Token) -> str:
    return text[word.start : word.end + 1].lower()
