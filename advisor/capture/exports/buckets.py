"""Exports whose rows count what happened within an interval of their own: all rows add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from itertools import pairwise

from advisor.capture.coverage import InputCoverage
from advisor.capture.exports.document import Document
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.statement_rows import RowReader, missing
from advisor.capture.exports.table import Table, moment
from advisor.errors import InputError

Record = Mapping[str, str | None]
Refuse = Callable[[Record], str | None]
"""Returns why a record is left out, `None` for one that counts."""

Span = tuple[float, float] | None


def read_buckets(
    document: Document, name: str, product: str, known: Set[str], span: Span, hides: str, refuse: Refuse
) -> tuple[StatementExport, ...]:
    """Return all buckets of one export added up; raises `InputError` when a column is missing."""
    table = document.table
    if table is None or (lacking := missing(table.columns)):
        found = ", ".join(lacking) if table else "table"
        raise InputError(f"no column {found}", where=name, do=f"export all columns of {product}")
    tally = Tally()
    tally.include(table.skipped)
    reader = RowReader(table, known=known)
    rows = []
    for index, row in reader.rows(tally):
        if (reason := refuse(table.records[index])) is None:
            rows.append(row)
        else:
            tally.add(reason, f"record {index + 1}", row.text)
    settings = {"columns": str(len(table.columns))}
    if reader.unknown:
        settings["unknown columns (kept)"] = ", ".join(reader.unknown)
    coverage = InputCoverage(
        name=name,
        kind=f"{product} ({table.form})",
        size=document.size,
        lines=document.lines,
        records=len(rows),
        executions=sum(row.calls for row in rows),
        skipped=tally.skipped(),
        settings=settings,
        hides=(hides,),
    )
    return (StatementExport(tuple(rows), coverage, cumulative=False, interval=span),)


def times(table: Table | None, column: str) -> list[float]:
    """Return the different times in a column, in order."""
    records = table.records if table else ()
    return sorted({time for record in records if (time := moment(record.get(column))) is not None})


def from_starts(starts: list[float], length: float) -> Span:
    """Return begin and end of buckets from their beginnings; `length` is that of a bucket where there is only one."""
    shortest = min((later - earlier for earlier, later in pairwise(starts)), default=length)
    return (starts[0], starts[-1] + shortest) if starts else None


def counts(record: Record) -> str | None:
    """Refuse nothing."""
    return None
