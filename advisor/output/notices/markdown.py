"""A comment on a pull request: verdict first, details folded, found again and updated in place by its marker."""

from __future__ import annotations

import re
from collections import Counter

from advisor.output.layout import laid_out
from advisor.output.notice import LEVELS, Notice, Part, Told
from advisor.visible import on_one_line, visible

_SPECIAL = re.compile(r"(?P<calls>[@#](?=\w)|:(?=//)|\bwww(?=\.))|[&<>\\`*\[\]~|]", re.IGNORECASE)
"""What GitHub and GitLab make a link of, or a mail to somebody; characters that mean something in HTML or Markdown."""
LIMIT = 60_000
"""Bytes of a comment; GitHub takes 65 536 characters."""
_LONGEST = 4000
"""Characters of one part."""


def render(told: Told) -> str:
    """Return a Markdown comment that begins with a hidden marker; what does not fit into it is counted."""
    head = [f"<!-- advisor {told.command} -->", f"**{_escape(told.summary)}**"]
    notes = _notes(told)
    room = LIMIT - _length([*head, notes]) - 500
    shown: list[str] = []
    for notice in told.notices:
        text = _notice(notice)
        room -= _length([text])
        if room < 0:
            break
        shown.append(text)
    left = Counter(notice.level for notice in told.notices[len(shown) :])
    if left:
        counts = ", ".join(f"{left[level]} of level {level}" for level in LEVELS if level in left)
        shown.append(f"Not shown, as a comment is limited: {counts}. `--format text` has them all.")
    return "\n\n".join(part for part in [*head, *shown, notes] if part) + "\n"


def _length(parts: list[str]) -> int:
    return sum(len(part.encode()) + 2 for part in parts)


def _notes(told: Told) -> str:
    if not told.notes:
        return ""
    lines = "\n".join(f"- note: {_escape(note[:500])}" for note in told.notes[:20])
    more = f"\n- and {len(told.notes) - 20} more" if len(told.notes) > 20 else ""
    return f"<details><summary>notes</summary>\n\n{lines}{more}\n\n</details>"


def _notice(notice: Notice) -> str:
    mark = {"error": "❌", "warning": "⚠️", "note": "ℹ️"}[notice.level]
    where = f" ({notice.file}:{notice.line or 1})" if notice.blamed else ""
    title = _cut(f"{notice.code} {notice.name}: {notice.title}{where}")
    opened = " open" if notice.level == "error" else ""
    parts = [f"<details{opened}><summary>{mark} {_escape(title)}</summary>", *map(_part, notice.parts), "</details>"]
    return "\n\n".join(parts)


def _part(part: Part) -> str:
    if part.kind == "text" and "\n" not in part.text:
        return f"{_escape(part.label)}: {_escape(_cut(part.text))}"
    text = visible(laid_out(part.text) if part.kind == "sql" else _cut(part.text))
    language = "" if part.kind == "text" else part.kind
    return f"{_escape(part.label)}:\n\n{_fenced(text, language)}"


def _fenced(text: str, language: str) -> str:
    """Return a block of code whose fence is longer than any run of backticks in it."""
    fence = "`" * max(3, 3, *(len(run) + 1 for run in re.findall("`+", text)))
    return f"{fence}{language}\n{text}\n{fence}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _escape(text: str) -> str:
    """Return a text on one line in which neither HTML nor Markdown means anything, and that calls nobody.

    A comment after `@` and the like is the one way: an entity is a character again before links are looked for.
    """
    return _SPECIAL.sub(_harmless, on_one_line(text))


def _harmless(found: re.Match[str]) -> str:
    return f"{found[0]}<!-- -->" if found["calls"] else f"&#{ord(found[0])};"
