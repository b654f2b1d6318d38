"""Datadog Database Monitoring: the agent's query-metrics payloads, as JSON array or one a line.

Each payload counts what ran since the one before it. Texts come with `?` for values and are cut off at 200 characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.capture.coverage import InputCoverage
from advisor.capture.events import StatementRow
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.forms.json_rows import values_of
from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.statement_rows import RowReader
from advisor.capture.exports.table import Table, column_name

NAME = "Datadog DBM"
OTHERS = frozenset({"query_signature", "dd_tables", "dd_commands", "dd_comments"})
INTERVAL_S = 10.0
"""The agent's default collection interval."""


def sniff(head: bytes) -> float:
    """Return how surely `head` begins such payloads."""
    text = beginning(head).text
    return 0.95 if text.lstrip()[:1] in ("{", "[") and '"postgres_rows"' in text else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return all payloads added up."""
    tally = Tally()
    rows: list[StatementRow] = []
    spans: list[tuple[float, float]] = []
    for place, payload in enumerate(values_of(document.text, tally), start=1):
        if not isinstance(payload, dict) or not isinstance(payload.get("postgres_rows"), list):
            tally.add("not a payload with postgres_rows", f"payload {place}", str(payload))
            continue
        spans.extend(_span(payload))
        rows.extend(_rows(payload["postgres_rows"], tally))
    coverage = InputCoverage(
        name=name,
        kind="Datadog DBM query metrics (JSON)",
        size=document.size,
        lines=document.lines,
        records=len(rows),
        executions=sum(row.calls for row in rows),
        skipped=tally.skipped(),
        settings={"payloads": str(len(spans))},
        hides=("Datadog replaces every value by ? and cuts texts off at 200 characters",),
    )
    interval = (min(begin for begin, _ in spans), max(end for _, end in spans)) if spans else None
    return (StatementExport(tuple(rows), coverage, cumulative=False, interval=interval),)


def _span(payload: dict[str, Any]) -> Iterator[tuple[float, float]]:
    stamp, length = payload.get("timestamp"), payload.get("min_collection_interval")
    if isinstance(stamp, int | float):
        seconds = float(length) if isinstance(length, int | float) and length > 0 else INTERVAL_S
        yield stamp / 1000 - seconds, stamp / 1000


def _rows(records: list[Any], tally: Tally) -> Iterator[StatementRow]:
    cells = [
        {column_name(name): None if cell is None else str(cell) for name, cell in record.items()}
        for record in records
        if isinstance(record, dict)
    ]
    columns = tuple(dict.fromkeys(name for record in cells for name in record))
    table = Table("JSON", columns, tuple(cells))
    yield from (row for _, row in RowReader(table, known=OTHERS).rows(tally))
