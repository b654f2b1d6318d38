"""pg_stat_monitor (Percona): pg_stat_statements' columns per time bucket, with errors and much else beside them."""

from __future__ import annotations

from itertools import pairwise

from advisor.capture.coverage import InputCoverage
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.statement_rows import RowReader, missing
from advisor.capture.exports.table import Table, moment, number
from advisor.capture.exports.tally import Tally
from advisor.errors import InputError

NAME = "pg_stat_monitor"
BUCKET_S = 60.0
"""Length of a bucket (`pgsm_bucket_time`) where the export holds only one."""
ERROR = 20.0
"""`elevel` of a statement that ended in an error."""
OTHERS = frozenset(
    {"bucket", "bucket_start_time", "bucket_done", "client_ip", "pgsm_query_id", "planid", "query_plan", "top_query",
     "top_queryid", "relations", "cmd_type", "cmd_type_text", "elevel", "sqlcode", "message",
     "comments", "resp_calls", "cpu_user_time", "cpu_sys_time"}
)  # fmt: skip
"""Columns that pg_stat_statements does not have."""


def sniff(head: bytes) -> float:
    """Return how surely `head` begins an export of this view."""
    table = beginning(head).table
    return 0.95 if table and "bucket_start_time" in table.columns and not missing(table.columns) else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return the buckets of one export added up."""
    table = document.table
    if table is None or (lacking := missing(table.columns)):
        found = ", ".join(lacking) if table else "table"
        raise InputError(f"no column {found}", where=name, do="export with SELECT * FROM pg_stat_monitor")
    tally = Tally()
    tally.include(table.skipped)
    reader = RowReader(table, known=OTHERS)
    rows = tuple(row for index, row in reader.rows(tally) if not _failed(table, index, tally))
    begin, end, length = _interval(table)
    settings = {"columns": str(len(table.columns))}
    if length:
        settings["bucket"] = f"{length:.0f} s"
    if reader.unknown:
        settings["unknown columns (kept)"] = ", ".join(reader.unknown)
    coverage = InputCoverage(
        name=name,
        kind=f"pg_stat_monitor ({table.form})",
        size=document.size,
        lines=document.lines,
        records=len(rows),
        executions=sum(row.calls for row in rows),
        skipped=tally.skipped(),
        settings=settings,
        hides=("pg_stat_monitor keeps its last buckets only: what ran before them is not in the export",),
    )
    interval = (begin, end) if begin is not None and end is not None else None
    return (StatementExport(rows, coverage, cumulative=False, interval=interval),)


def _failed(table: Table, index: int, tally: Tally) -> bool:
    """Return whether a record counts statements that ended in an error, and count it as left out."""
    try:
        level = number(table.records[index].get("elevel")) or 0.0
    except ValueError:
        level = 0.0
    if level < ERROR:
        return False
    tally.add("ended in an error", f"record {index + 1}", str(table.records[index].get("message")))
    return True


def _interval(table: Table) -> tuple[float | None, float | None, float | None]:
    """Return begin, end and bucket length, from the distances between the buckets' beginnings."""
    starts = sorted({start for record in table.records if (start := moment(record.get("bucket_start_time")))})
    if not starts:
        return None, None, None
    length = min((later - earlier for earlier, later in pairwise(starts)), default=BUCKET_S)
    return starts[0], starts[-1] + length, length
