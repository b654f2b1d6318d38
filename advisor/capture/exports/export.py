"""What a layout reader returns: one reading of a server's statement statistics."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.capture.coverage import InputCoverage
from advisor.capture.events import StatementRow


@dataclass(frozen=True, slots=True)
class StatementExport:
    """One reading of statement statistics, with what was left out of it."""

    rows: tuple[StatementRow, ...]
    coverage: InputCoverage
    captured: float | None = None
    """When it was read from the server (seconds since the epoch), where the export tells."""
    reset: float | None = None
    """When the counters were last set to zero."""
    evictions: float | None = None
    """How often entries were evicted since then (`pg_stat_statements_info.dealloc`)."""
    cumulative: bool = True
    """Whether its numbers are counters since a reset, so that two readings may be subtracted."""
    nominal: bool = False
    """Whether calls and times were made up, because the input holds none (plain SQL files)."""
    interval: tuple[float, float] | None = None
    """Begin and end of what it covers, for inputs that state it (rates, buckets)."""
    notes: tuple[str, ...] = ()
    """What a reader should know before trusting the numbers."""
