"""Server messages we read: severity words and the templates around statements, in every language of the server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from advisor.capture.record import FETCH, OTHER, PHASE, PLAN, RUN

PRIMARY = (
    b"LOG", b"ERROR", b"FATAL", b"PANIC", b"WARNING", b"NOTICE", b"INFO",
    b"DEBUG", b"DEBUG1", b"DEBUG2", b"DEBUG3", b"DEBUG4", b"DEBUG5",
)  # fmt: skip
SECONDARY = (b"DETAIL", b"HINT", b"QUERY", b"CONTEXT", b"LOCATION", b"BACKTRACE", b"STATEMENT")

KINDS: Mapping[bytes | None, int] = {
    None: OTHER,
    b"": OTHER,
    b"statement": RUN,
    b"parse": PHASE,
    b"bind": PHASE,
    b"execute": RUN,
    b"execute fetch from": FETCH,
    b"plan": PLAN,
}
"""What stands between duration and text, to the kind of record."""


@dataclass(frozen=True, slots=True)
class Language:
    """How one translation of the server words its log."""

    code: str
    severities: Mapping[bytes, bytes]
    """Severity word as written to the English one."""
    head: bytes
    """Pattern of a message's beginning, with the groups duration and kind."""
    kinds: Mapping[bytes | None, int]
    spoken: bytes
    """Pattern of how messages with a statement or duration begin."""


ENGLISH_HEAD = (
    rb"(?:duration: ([0-9.]+) ms(?:  |(?=[\"\n\x00]|$)))?"
    rb"(?:(statement|parse|bind|execute fetch from|execute|plan)(?: [^:\n\x00]*)?:(?: |(?=[\n\\])))?"
)


@cache
def english() -> Language:
    """Return the untranslated messages."""
    words = {word: word for word in (*PRIMARY, *SECONDARY)}
    return Language("en", words, ENGLISH_HEAD, KINDS, SPOKEN)


def language_of(head: bytes) -> Language:
    """Return the language of the log that begins with `head`."""
    return english()


def severity_pattern(language: Language) -> bytes:
    """Return the pattern of any severity word, the longest first."""
    words = sorted(language.severities, key=lambda word: (-len(word), word))
    return b"(" + b"|".join(re.escape(word) for word in words) + b")"


SPOKEN = rb"(?:duration: [0-9]|statement: |execute |parse |bind )"


def guard_pattern(language: Language) -> bytes:
    """Return the pattern that refuses a severity which is part of a name: the real one stands before a known message.

    Application names may hold anything, `LOG:  ` included.
    """
    logs = b"".join(b"(?<!" + word + b":  )" for word in _words(language, b"LOG"))
    later = b"(?:" + severity_pattern(language)[1:-1] + b"):  "
    return b"(?:" + logs + b"|(?=" + language.spoken + rb")|(?![^\n]*" + later + b"))"


def _words(language: Language, english_word: bytes) -> list[bytes]:
    """Return the escaped words of a severity."""
    return [re.escape(word) for word, meaning in language.severities.items() if meaning == english_word]


def head_pattern(language: Language, before: bytes | None = None) -> bytes:
    """Return the pattern of the head of a LOG message after its severity; it matches nothing after any other.

    `before` is what stands between severity and message, of fixed length, where that is not a colon and two spaces.
    """
    words = _words(language, b"LOG")
    between = (before,) if before is not None else (b":  ", b":  00000: ")
    behind = b"|".join(b"(?<=" + word + rest + b")" for word in words for rest in between)
    return b"(?:(?:" + behind + b")" + language.head + b")?"
