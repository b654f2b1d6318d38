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


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that was verified, and on what."""

    server: str
    """What it ran on, for example `PostgreSQL 18.1 (embedded)`."""
    basis: Literal["twin", "data"]
    revisions: tuple[RevisionProof, ...] = ()
    timings: tuple[Timing, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether every revision's proof passed."""
        return all(revision.passed for revision in self.revisions)
