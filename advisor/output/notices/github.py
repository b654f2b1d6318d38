"""GitHub workflow commands: annotations, worst first, within GitHub's limit of ten a level and step."""

from __future__ import annotations

from advisor.output.notice import LEVELS, Notice, Told
from advisor.output.number_units import one_line
from advisor.visible import on_one_line, visible

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
LIMIT = 10
"""Annotations of a level that GitHub keeps of one step."""
LONGEST = 4000
"""Characters of a message: GitHub cuts one at 4096 bytes or so, in the middle of anything."""


def render(told: Told) -> str:
    """Return a command a line, at most ten of each level, what that leaves out as a count, and the summary."""
    lines: list[str] = []
    left = []
    for level in LEVELS:
        found = [notice for notice in told.notices if notice.level == level]
        lines += [_command(notice) for notice in found[:LIMIT]]
        left += [f"{len(found) - LIMIT} of level {level}"] if len(found) > LIMIT else []
    if left:
        lines.append(f"not annotated, as GitHub keeps {LIMIT} a level: {', '.join(left)}; --format text has them all")
    notes = [f"note: {on_one_line(note)}" for note in told.notes]
    return "\n".join([*lines, *notes, on_one_line(told.summary)]) + "\n"


def _command(notice: Notice) -> str:
    title = _property(f"{notice.code} {notice.name}")
    where = f"file={_property(notice.file)},line={notice.line or 1}," if notice.file else ""
    return f"::{_COMMANDS[notice.level]} {where}title={title}::{_escaped(_message(notice))}"


def _message(notice: Notice) -> str:
    lines = [notice.title]
    for part in notice.parts:
        if part.kind == "sql":
            lines.append(one_line(part.text, 200))
        elif part.kind == "text" and part.label != "to silence it":
            lines.append(f"{part.label}: {part.text}")
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _property(text: str) -> str:
    """Return a text as the value of a command's property."""
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    """Return a text within a command: its lines are escaped, what a terminal or the runner obeys is shown."""
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))
