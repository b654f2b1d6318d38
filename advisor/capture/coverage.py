"""What was read, what was understood, and what was left out and why: nothing is dropped without being counted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Skipped:
    """Records left out for one reason, with the first few places where that happened."""

    count: int
    examples: tuple[str, ...] = ()
    """`file:line` and the beginning of the record, at most three."""


@dataclass(frozen=True, slots=True)
class InputCoverage:
    """Coverage of one input file or stream."""

    name: str
    kind: str
    """What it turned out to be, for example `stderr log`, `csvlog`, `pg_stat_statements 1.12 (CSV)`."""
    size: int
    """Bytes read, after decompression."""
    lines: int
    records: int
    executions: float
    """Executions found (log) or calls summed (export)."""
    skipped: Mapping[str, Skipped] = field(default_factory=dict)
    """Reason to what was skipped for it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings inferred from the input: prefix, protocol, threshold, sampling."""
    hides: tuple[str, ...] = ()
    """What those settings hide from us, in sentences."""
    filtered: Mapping[str, Skipped] = field(default_factory=dict)
    """Executions that the user's filters left out, by reason, with names of who ran them."""

    @property
    def understood(self) -> float:
        """Share of records understood, between 0 and 1."""
        lost = sum(skip.count for skip in self.skipped.values())
        return self.records / (self.records + lost) if self.records + lost else 0.0
