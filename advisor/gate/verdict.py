"""What the gate says about one query's plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["fail", "warn", "info"]
LEVELS: tuple[Level, ...] = ("fail", "warn", "info")
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement on one plan; `fail` ends the check with status 1."""

    code: str
    name: str
    level: Level
    query: str
    """Query id."""
    text: str
    cause: str
    """One sentence that names the table, index or figure."""
    fix: str = ""
    table: str | None = None
    index: str | None = None
    cost_before: float | None = None
    cost_after: float | None = None
    revision: str | None = None
    """The pending revision that is most likely behind it."""
    file: str | None = None
    """Its file."""
    line: int | None = None
    shape_before: tuple[str, ...] = ()
    """The accepted plan's shape, where it changed."""
    shape_after: tuple[str, ...] = ()
    """The shape of today's plan, where it changed."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check."""

    verdicts: tuple[Verdict, ...]
    """Worst first, then by query id."""
    checked: int
    """Queries whose plans were compared."""
    new: tuple[str, ...] = ()
    """Queries without a baseline."""
    notes: tuple[str, ...] = ()
    """What a reader should know of the snapshot and the twin."""
    unanalysed: Mapping[str, str] = field(default_factory=dict)
    """Query id to why it could not be analysed, and so was neither compared nor called new."""
    unapplied: tuple[str, ...] = ()
    """Pending revisions that did not go through, each with the reason: the plans are those without them."""

    @property
    def failed(self) -> bool:
        """Return whether any verdict fails the check."""
        return any(verdict.level == "fail" for verdict in self.verdicts)
