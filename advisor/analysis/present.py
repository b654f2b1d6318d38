"""Where a text says the present (`now()`, CURRENT_DATE), and where its string literals stand."""

from __future__ import annotations

from dataclasses import dataclass

from pglast import parser

_CALLS = frozenset({"now", "transaction_timestamp"})
_WORDS = frozenset({"current_timestamp", "localtimestamp", "current_date"})


@dataclass(frozen=True, slots=True)
class Mark:
    """One place, in characters of the text."""

    start: int
    end: int
    present: str = ""
    """The word for the present, small; empty for a literal."""


def marks(text: str) -> tuple[Mark, ...]:
    """Return the places in order; nothing for a text that the scanner refuses."""
    try:
        tokens = parser.scan(text)
    except parser.ParseError:
        return ()
    found = []
    for place, token in enumerate(tokens):
        word = text[token.start : token.end + 1]
        if token.name == "SCONST" and word.startswith("'"):
            found.append(Mark(token.start, token.end + 1))
        elif word.lower() in _WORDS | _CALLS and (end := _end(word.lower(), tokens, place)):
            found.append(Mark(token.start, end, word.lower()))
    return tuple(found)


def _end(word: str, tokens: list[parser.Token], place: int) -> int:
    """Return where an expression for the present ends, 0 where the word is a name: behind a dot or AS, or no call."""
    if place and tokens[place - 1].name in ("ASCII_46", "AS"):
        return 0
    after = [token.name for token in tokens[place + 1 : place + 3]]
    if word in _CALLS:
        return tokens[place + 2].end + 1 if after == ["ASCII_40", "ASCII_41"] else 0
    return 0 if after[:1] == ["ASCII_40"] else tokens[place].end + 1
