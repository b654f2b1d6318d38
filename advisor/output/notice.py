"""What a check or a report says, as the places where teams look want it: one notice a problem, worst first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what is told below a notice's title."""

    label: str
    text: str
    kind: Literal["text", "sql", "diff"] = "text"


@dataclass(frozen=True, slots=True)
class Notice:
    """One problem, with what to do."""

    id: str
    """The same from run to run while the problem is the same."""
    code: str
    name: str
    level: Level
    title: str
    fails: bool
    """Whether it ends the command with another status than 0."""
    parts: tuple[Part, ...] = ()
    query: str | None = None
    """Id of the query it is about."""
    file: str | None = None
    """Where to look, from the top of the checkout: what is to blame, else what accepted or told it."""
    line: int | None = None
    blamed: bool = False
    """Whether what stands there is the cause, and not only what tells of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """All that one run says."""

    command: Literal["advise", "check"]
    summary: str
    """One line that begins with how it ended."""
    notices: tuple[Notice, ...]
    """By level, the worst first."""
    silent: Mapping[str, str] = field(default_factory=dict)
    """Id and text of the queries that were looked at and about which nothing is said."""
    notes: tuple[str, ...] = ()
    """What a reader should know of the inputs."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things stand in the checkout."""

    here: str = ""
    """The working directory, ending with a slash."""
    prefix: str = ""
    """From the top of the checkout to the working directory: empty, or ending with a slash."""
    source: str | None = None
    """The file that a query stands in when nothing else is to blame: the baseline, an input."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Query id to its line there."""
    environment: str | None = None
    """The Alembic environment's env.py."""

    def at(self, file: str | None, line: int | None, query: str | None) -> tuple[str | None, int | None]:
        """Return file, from the top of the checkout, and line of what stands there, else of the query."""
        if file is None:
            file, line = self.source, self.lines.get(query or "", 1) if self.source else None
        if file is None:
            return None, None
        below = file.removeprefix(self.here).removeprefix("./")
        return below if below.startswith("/") else self.prefix + below, line
