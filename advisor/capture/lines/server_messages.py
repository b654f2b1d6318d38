"""Server messages we read: severity words and the templates around statements, in every language of the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from advisor.capture.lines.patterns import optional
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

    def __reduce__(self) -> tuple[Callable[[str], Language], tuple[str]]:
        return language_named, (self.code,)


NAMED = rb"[^:\n\x00]*+(?::(?! |$)[^:\n\x00]*+)*+"
"""Name of a prepared statement or portal: what the driver or the user likes, colons too."""

BEGINNING = (
    rb"(?=[\n(]|/\*|--|(?i:abort|alter|analy|begin|call|checkpoint|close|cluster|comment|commit|copy|create|deallocate"
    rb"|declare|delete|discard|do|drop|end|execute|explain|fetch|grant|import|insert|listen|load|lock|merge|move|notify"
    rb"|prepare|reassign|refresh|reindex|release|reset|revoke|rollback|savepoint|security|select|set|show|start|table"
    rb"|truncate|unlisten|update|vacuum|values|with)\b)"
)
"""How statements begin."""

LONGEST_NAME = 256
"""Bytes of a name in which `: ` is looked for, where what follows the first one is no statement."""

TOLD = (
    rb"(statement|parse|bind|execute fetch from|execute|plan)"
    + optional(
        rb" (?:" + NAMED + rb"(?=: " + BEGINNING + rb")"
        rb"|[^\n\x00]{0,%d}?(?=: " % LONGEST_NAME + BEGINNING + rb")|" + NAMED + rb")"
    )
    + rb":(?: |(?=[\n\\]))"
)
"""What stands between duration and text, its kind in a group."""

ENGLISH_HEAD = optional(rb"duration: ([0-9.]++) ms(?:  |(?=[\"\n\x00]|$))") + optional(TOLD)


@cache
def english() -> Language:
    """Return the untranslated messages."""
    words = {word: word for word in (*PRIMARY, *SECONDARY)}
    return Language("en", words, ENGLISH_HEAD, KINDS, SPOKEN)


@cache
def catalogues() -> Mapping[str, Any]:
    """Return what the server's message catalogues say, by language."""
    import orjson

    found: Mapping[str, Any] = orjson.loads(files("advisor.capture").joinpath("messages.json").read_bytes())
    return found


@cache
def language_named(code: str) -> Language:
    """Return a language by its code."""
    return english() if code == "en" else _translated(code, catalogues()[code])


def language_of(head: bytes) -> Language:
    """Return the language of the log that begins with `head`: the one whose wording turns up most often."""
    hits = {"en": len(re.findall(rb"duration: [0-9.]+ ms|LOG:  (?:statement|execute) ", head))}
    if not hits["en"] or len(head) > 4 * hits["en"] * 1000:
        for code in catalogues():
            language = language_named(code)
            hits[code] = len(re.findall(language.spoken, head))
    return language_named(max(hits, key=lambda code: (hits[code], code == "en")))


@cache
def any_primary() -> bytes:
    """Return the pattern of a primary severity in any language."""
    words = set(PRIMARY)
    for catalogue in catalogues().values():
        words.update(word.encode() for word, meaning in catalogue["severities"].items() if meaning.encode() in PRIMARY)
    return b"(?:" + b"|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) + b")"


class _Kinds(dict[bytes | None, int]):
    """What stands around a duration, to the kind of record; names of statements and portals vary."""

    def __init__(self, patterns: Sequence[tuple[re.Pattern[bytes], int]]) -> None:
        super().__init__({None: OTHER, b"": OTHER})
        self.patterns = patterns

    def __missing__(self, words: bytes | None) -> int:
        found = next((kind for pattern, kind in self.patterns if pattern.fullmatch(words or b"")), OTHER)
        if len(self) < 10_000:
            self[words] = found
        return found


NAME = rb"(?:[^:\n\x00]|:(?! ))*?"
ENGLISH = {
    "duration": "duration: %s ms", "statement": "duration: %s ms  statement: %s",
    "execute": "duration: %s ms  %s %s%s%s: %s", "parse": "duration: %s ms  parse %s: %s",
    "bind": "duration: %s ms  bind %s%s%s: %s", "said": "statement: %s", "said_execute": "%s %s%s%s: %s",
    "plan": "duration: %s ms  plan:",
}  # fmt: skip


def _translated(code: str, catalogue: Mapping[str, Any]) -> Language:
    """Return a language from the templates of its catalogue; translators change punctuation, too."""
    templates = {**catalogue["templates"], "plan": ENGLISH["plan"]}
    words = {name: word.encode() for name, word in catalogue["words"].items()}
    befores = sorted({template.split("%s")[0] for name, template in templates.items() if "said" not in name})
    kinds: list[tuple[bytes, int]] = []
    for name, kind in (("statement", RUN), ("parse", PHASE), ("bind", PHASE), ("said", RUN)):
        kinds.append((_after(templates[name], name == "said"), kind))
    for word, kind in (("fetch", FETCH), ("execute", RUN)):
        for name in ("execute", "said_execute"):
            kinds.append((_after(templates[name], name == "said_execute", re.escape(words[word])), kind))
    kinds.append((rb" ms  plan:(?: |(?=[\n\\]))", PLAN))
    unit = re.escape(templates["duration"].split("%s")[1].encode()) + rb"(?=[\"\n\x00]|$)"
    before = b"|".join(re.escape(text.encode()) for text in befores)
    tails = b"|".join(pattern for pattern, _ in kinds)
    head = optional(b"(?:" + before + rb")([0-9.]+)") + optional(b"(" + tails + b"|" + unit + b")")
    said = b"|".join(re.escape(text.split("%s")[0].encode()) for text in (templates["said"],))
    spoken = b"(?:(?:" + before + b")[0-9]|(?:" + said + b"|" + words["execute"] + b" ))"
    severities = {word.encode(): meaning.encode() for word, meaning in catalogue["severities"].items()}
    severities.update({b"DEBUG%d" % level: b"DEBUG%d" % level for level in range(1, 6)})
    compiled = [(re.compile(pattern.replace(rb"(?=[\n\\])", b"")), kind) for pattern, kind in kinds]
    return Language(code, severities, head, _Kinds(compiled), spoken)


def _after(template: str, whole: bool, word: bytes | None = None) -> bytes:
    """Return the pattern of what stands between duration and text; `whole` templates have no duration."""
    parts = [re.escape(part.encode()) for part in template.split("%s")]
    parts = parts[:-1] if whole else parts[1:-1]
    begin, rest = (parts[0], parts[1:]) if word is None else (parts[0] + word, parts[1:])
    return begin + b"".join(_named(part) for part in rest if part)


def _named(following: bytes) -> bytes:
    """Return the pattern of names, none or several, and what first follows them; nothing of them is given back."""
    return b"(?>" + NAME + following + b")"


def severity_pattern(language: Language) -> bytes:
    """Return the pattern of any severity word, the usual ones first, then the longest."""
    usual = (b"LOG", b"DETAIL", b"STATEMENT", b"ERROR")
    rank = {word: usual.index(meaning) if meaning in usual else 9 for word, meaning in language.severities.items()}
    words = sorted(language.severities, key=lambda word: (rank[word], -len(word), word))
    return b"(" + b"|".join(re.escape(word) for word in words) + b")"


SPOKEN = rb"(?:duration: [0-9]|statement: |execute |parse |bind )"


def guard_pattern(language: Language) -> bytes:
    """Return the pattern that refuses a severity which is part of a name: the real one stands before a known message.

    Application names may hold anything, `LOG:  ` included.
    """
    logs = b"".join(b"(?<!" + word + b":  )" for word in _words(language, b"LOG"))
    later = b"(?:" + severity_pattern(language)[1:-1] + b"):  "
    return b"(?:" + logs + b"|(?=" + language.spoken + rb")|(?![^\n]{0,500}" + later + b"))"


def _words(language: Language, english_word: bytes) -> list[bytes]:
    """Return the escaped words of a severity."""
    return [re.escape(word) for word, meaning in language.severities.items() if meaning == english_word]


TIMED = rb"duration: ([0-9.]++) ms(?:  " + TOLD + rb"|(?=[\"\n\x00]|$))"


def either_pattern(language: Language, timed: bytes, severity: bytes) -> bytes:
    """Return the pattern of severity and head, the most usual case first: an English LOG with a duration.

    `timed` is how that begins, `severity` the general pattern with its groups severity, duration and kind. The groups
    are duration and kind of the usual case, then severity, duration and kind of any other.
    """
    usual = timed + TIMED if language.code == "en" else rb"(?!)()()"
    return b"(?:" + usual + b"|" + severity + b")"


def either(
    columns: Sequence[list[bytes | None]], language: Language
) -> tuple[list[bytes], list[bytes | None], list[bytes | None]]:
    """Return severity, duration and kind from the five groups of `either_pattern`."""
    duration, kind, severity, other_duration, other_kind = columns
    if severity.count(None) == len(severity):
        return [b"LOG"] * len(severity), duration, kind
    english = language.severities
    return (
        [english[word] if word is not None else b"LOG" for word in severity],
        [one or other for one, other in zip(duration, other_duration, strict=True)],
        [one or other for one, other in zip(kind, other_kind, strict=True)],
    )


def head_pattern(language: Language, before: bytes | None = None) -> bytes:
    """Return the pattern of the head of a LOG message after its severity; it matches nothing after any other.

    `before` is what stands between severity and message, of fixed length, where that is not a colon and two spaces.
    """
    words = _words(language, b"LOG")
    between = (before,) if before is not None else (b":  ", b":  00000: ")
    behind = b"|".join(b"(?<=" + word + rest + b")" for word in words for rest in between)
    return optional(b"(?:" + behind + b")" + language.head)
