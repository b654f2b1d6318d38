"""What verification measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a revision's proof."""

    name: str
    """`upgrade`, `valid`, `definition`, `used`, `downgrade`, `gone`, `upgrade-again`, `heals`…"""
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RevisionProof:
    """Proof of one revision."""

    revision: str
    proposal: str
    index: str
    steps: tuple[Step, ...]

    @property
    def passed(self) -> bool:
        """Return whether every step passed."""
        return all(step.passed for step in self.steps)


@dataclass(frozen=True, slots=True)
class Timing:
    """Run times of one query before and after, in milliseconds, on data."""

    query: str
    executions: int
    before: tuple[float, float, float]
    """p50, p95, p99."""
    after: tuple[float, float, float]
    total_before_ms: float
    total_after_ms: float
    lowest: tuple[float, float] | None = None
    """The fastest run before and after: what noise cannot lower."""


@dataclass(frozen=True, slots=True)
class StatementFailure:
    """A query that could not be measured, since the server refused it, or it took too long."""

    query: str
    text: str
    side: Literal["before", "after"]
    """`before`: it fails without the revisions, too."""
    reason: str


@dataclass(frozen=True, slots=True)
class RevisionVerdict:
    """What one revision did to the workload on rows."""

    revision: str
    verdict: Literal["keep", "revert", "no effect"]
    """`revert`: a query got slower by the limit or fails; `keep`: some got faster and none slower."""
    why: str


@dataclass(frozen=True, slots=True)
class LoadSide:
    """What clients saw who ran the workload's mix as fast as they could; times in milliseconds."""

    clients: int
    statements: int
    percentiles: tuple[float, float, float]
    """p50, p95, p99 of a statement."""
    average: float
    per_second: float
    """Statements that went through in a second."""
    wal_bytes: float
    """WAL a statement."""
    aborted: int = 0
    """Clients that gave up over an error."""


@dataclass(frozen=True, slots=True)
class Load:
    """The load before and after the pending revisions; both `None` where no statement could be run."""

    before: LoadSide | None
    after: LoadSide | None
    longest_wait_ms: float | None
    """Longest time that one write took while the revisions ran."""
    refused: tuple[tuple[str, str], ...] = ()
    """Queries that could not be part of it, and why."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that was verified, and on what."""

    server: str
    """What it ran on, for example `PostgreSQL 18.1 (embedded)`."""
    basis: Literal["twin", "data"]
    revisions: tuple[RevisionProof, ...] = ()
    timings: tuple[Timing, ...] = ()
    notes: tuple[str, ...] = ()
    verdicts: tuple[RevisionVerdict, ...] = ()
    """In the order in which the revisions run; empty when nothing was measured on rows."""
    failures: tuple[StatementFailure, ...] = ()
    load: Load | None = None

    @property
    def passed(self) -> bool:
        """Return whether every revision's proof passed, and none is to be reverted."""
        kept = all(one.verdict != "revert" for one in self.verdicts)
        return kept and all(revision.passed for revision in self.revisions)
