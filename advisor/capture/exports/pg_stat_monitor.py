"""pg_stat_monitor (Percona): pg_stat_statements' columns per time bucket, with errors and much else beside them."""

from __future__ import annotations

from advisor.capture.exports.buckets import Record, from_starts, read_buckets, times
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.statement_rows import missing
from advisor.capture.exports.table import number

NAME = "pg_stat_monitor"
BUCKET_S = 60.0
"""Default of `pgsm_bucket_time`."""
ERROR = 20.0
"""`elevel` of a statement that ended in an error."""
OTHERS = frozenset(
    {"bucket", "bucket_start_time", "bucket_done", "client_ip", "pgsm_query_id", "planid", "query_plan", "top_query",
     "top_queryid", "relations", "cmd_type", "cmd_type_text", "elevel", "sqlcode", "message", "comments", "resp_calls",
     "cpu_user_time", "cpu_sys_time"}
)  # fmt: skip
"""Columns that pg_stat_statements does not have."""
HIDES = "pg_stat_monitor keeps its last buckets only: what ran before them is not in the export"


def sniff(head: bytes) -> float:
    """Return how surely `head` begins an export of this view."""
    table = beginning(head).table
    return 0.95 if table and "bucket_start_time" in table.columns and not missing(table.columns) else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return the buckets of one export added up."""
    span = from_starts(times(document.table, "bucket_start_time"), BUCKET_S)
    return read_buckets(document, name, NAME, OTHERS, span, HIDES, _failed)


def _failed(record: Record) -> str | None:
    try:
        level = number(record.get("elevel")) or 0.0
    except ValueError:
        level = 0.0
    return "ended in an error" if level >= ERROR else None
