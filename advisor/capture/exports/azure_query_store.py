"""Azure Database for PostgreSQL, Query Store: `query_store.qs_view`, one row per statement and time window."""

from __future__ import annotations

from advisor.capture.exports.buckets import Record, Span, read_buckets, times
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.statement_rows import missing
from advisor.capture.exports.table import Table, truth

NAME = "Azure Query Store"
OTHERS = frozenset(
    {"runtime_stats_entry_id", "plan_id", "start_time", "end_time", "is_system_query", "query_type", "search_path",
     "query_parameters", "parameters_capture_status"}
)  # fmt: skip
HIDES = "Query Store keeps some days only, and by default the heaviest statements of each window"


def sniff(head: bytes) -> float:
    """Return how surely `head` begins an export of this view."""
    table = beginning(head).table
    return 0.95 if table and "query_sql_text" in table.columns and not missing(table.columns) else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return the windows of one export added up, without the statements of Azure itself."""
    return read_buckets(document, name, NAME, OTHERS, _span(document.table), HIDES, _own)


def _span(table: Table | None) -> Span:
    starts, ends = times(table, "start_time"), times(table, "end_time")
    return (starts[0], ends[-1]) if starts and ends and starts[0] < ends[-1] else None


def _own(record: Record) -> str | None:
    system = record.get("is_system_query")
    return "statement of the service itself" if system and truth(system) else None
