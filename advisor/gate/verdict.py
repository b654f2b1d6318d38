"""What the gate says about one query's plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["fail", "warn", "info"]
LEVELS: tuple[Level, ...] = ("fail", "warn", "info")
"""Worst first."""
FailLevel = Literal["fail", "warn", "never"]
FAILING: Mapping[FailLevel, tuple[Level, ...]] = {"fail": ("fail",), "warn": ("fail", "warn"), "never": ()}
"""Levels of verdicts that end a check with status 1, by what was asked for with `--fail-level`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement on one plan, or on one statement of a migration; `fail` ends the check with status 1."""

    code: str
    name: str
    level: Level
    query: str
    """Query id; empty for a statement of a migration."""
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
    id: str = ""
    """What a suppression names: the same from one check to the next."""
    calls: float | None = None
    """Executions of the query a day, where they are known."""
    sites: tuple[str, ...] = ()
    """Where the application sends the query from, `file:line`, where tags or the test suite say."""

    @property
    def weight(self) -> float:
        """Return the cost units a day that it adds: executions times what one of them costs more, or costs."""
        return (self.calls or 1.0) * max((self.cost_after or 0.0) - (self.cost_before or 0.0), 0.0)


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

    fail_level: FailLevel = "fail"
    """What ends the check with status 1."""
    queries: Mapping[str, str] = field(default_factory=dict)
    """Id and text of every query that was looked at."""

    @property
    def failed(self) -> bool:
        """Return whether a verdict is of a level that fails the check."""
        return any(self.fails(verdict) for verdict in self.verdicts)

    @property
    def incomplete(self) -> bool:
        """Return whether the check cannot vouch for what it has not seen, though nothing that it saw failed."""
        return bool(self.unapplied) and not self.failed and self.fail_level != "never"

    @property
    def exit_status(self) -> int:
        """Return 1 when it failed, 2 when it is incomplete, else 0."""
        return 1 if self.failed else 2 if self.incomplete else 0

    def fails(self, verdict: Verdict) -> bool:
        """Return whether a verdict is of a level that fails the check."""
        return verdict.level in FAILING[self.fail_level]
