"""PgHero's history (`pghero_query_stats`): what each statement did since the capture before."""

from __future__ import annotations

from advisor.capture.exports.buckets import counts, from_starts, read_buckets, times
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.statement_rows import missing

NAME = "PgHero query stats"
CAPTURE_S = 300.0
"""PgHero captures every five minutes unless told otherwise."""
COLUMNS = {"query_hash", "captured_at", "total_time", "calls", "query"}
HIDES = "PgHero keeps the statements that took more than a share of the time of each capture"


def sniff(head: bytes) -> float:
    """Return how surely `head` begins an export of this table."""
    table = beginning(head).table
    return 0.95 if table and set(table.columns) >= COLUMNS and not missing(table.columns) else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return the captures added up; each counts what ran since the one before it."""
    ends = times(document.table, "captured_at")
    span = from_starts(ends, CAPTURE_S)
    earlier = (ends[0] - (span[1] - ends[-1]), ends[-1]) if span else None
    return read_buckets(document, name, NAME, frozenset({"id", "captured_at"}), earlier, HIDES, counts)
