"""Amazon RDS Performance Insights: JSON of `aws pi describe-dimension-keys` and `aws pi get-resource-metrics`.

The service gives rates and average load, not counters; the numbers here are rates times the length of the range. It
shows the 25 heaviest statements at most and cuts their text off at 500 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from advisor.capture.coverage import InputCoverage
from advisor.capture.events import StatementRow
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.left_out import Tally

NAME = "Performance Insights"
GROUPS = ("db.sql_tokenized", "db.sql")
"""Dimension groups that name a statement: normalised, or with its values."""
STATS = "db.sql_tokenized.stats."
HIDES = "Performance Insights shows the heaviest 25 statements at most, and 500 bytes of each text"


@dataclass
class Statement:
    """What one answer says about one statement."""

    dimensions: Mapping[str, str]
    metrics: dict[str, float] = field(default_factory=dict)
    """Metric name to its average over the range."""


def sniff(head: bytes) -> float:
    """Return how surely `head` begins an answer of this service."""
    text = beginning(head).text
    named = '"db.sql_tokenized' in text or '"db.sql.' in text
    return 0.95 if named and ('"AlignedStartTime"' in text or '"Dimensions"' in text) else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return one export per answer in the file."""
    answers = document.json if isinstance(document.json, list) else [document.json]
    return tuple(_export(answer, document, name, first=index == 0) for index, answer in enumerate(answers))


def _export(answer: Any, document: Document, name: str, *, first: bool) -> StatementExport:
    tally = Tally()
    span = _span(answer)
    rows: tuple[StatementRow, ...] = ()
    if span is None:
        tally.add("no AlignedStartTime and AlignedEndTime, or broken JSON", "answer", str(answer)[:200])
    else:
        try:
            rows = tuple(_rows(answer, span[1] - span[0], tally))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            tally.add("not in the documented shape", type(error).__name__, str(answer)[:200])
    coverage = InputCoverage(
        name=name,
        kind="Performance Insights JSON",
        size=document.size if first else 0,
        lines=document.lines if first else 0,
        records=len(rows),
        executions=sum(row.calls for row in rows),
        skipped=tally.skipped(),
        hides=(HIDES,),
    )
    return StatementExport(rows, coverage, cumulative=False, interval=span)


def _span(answer: Any) -> tuple[float, float] | None:
    if not isinstance(answer, dict):
        return None
    begin, end = _time(answer.get("AlignedStartTime")), _time(answer.get("AlignedEndTime"))
    return (begin, end) if begin is not None and end is not None and begin < end else None


def _time(value: Any) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None


def _rows(answer: Mapping[str, Any], seconds: float, tally: Tally) -> Iterator[StatementRow]:
    statements: dict[tuple[tuple[str, str], ...], Statement] = {}
    for dimensions, metric, average in _averages(answer):
        key = tuple(sorted(dimensions.items()))
        statements.setdefault(key, Statement(dimensions)).metrics[metric] = average
    for _, statement in sorted(statements.items()):
        row = _row(statement, seconds, tally)
        if row is not None:
            yield row


def _averages(answer: Mapping[str, Any]) -> Iterable[tuple[Mapping[str, str], str, float]]:
    """Yield dimensions, metric and average: of dimension keys, then of resource metrics."""
    for key in answer.get("Keys") or []:
        yield key.get("Dimensions", {}), "db.load.avg", float(key.get("Total") or 0.0)
        for metric, value in (key.get("AdditionalMetrics") or {}).items():
            yield key.get("Dimensions", {}), metric, float(value or 0.0)
    for item in answer.get("MetricList") or []:
        dimensions = item.get("Key", {}).get("Dimensions")
        values = [point["Value"] for point in item.get("DataPoints", []) if point.get("Value") is not None]
        if dimensions:
            yield dimensions, item["Key"].get("Metric", ""), sum(values) / len(values) if values else 0.0


def _row(statement: Statement, seconds: float, tally: Tally) -> StatementRow | None:
    dimensions, metrics = statement.dimensions, statement.metrics
    text = next((dimensions[f"{group}.statement"] for group in GROUPS if dimensions.get(f"{group}.statement")), None)
    identity = next((dimensions[f"{group}.id"] for group in GROUPS if dimensions.get(f"{group}.id")), None)
    if not isinstance(text, str):
        tally.add("no statement text", str(identity), str(dict(dimensions)))
        return None
    calls = metrics.get(f"{STATS}calls_per_sec.avg", 0.0) * seconds
    if calls <= 0:
        reason = "no calls: ask for the additional metrics db.sql_tokenized.stats.calls_per_sec.avg"
        tally.add(reason, str(identity), text)
        return None
    latency = metrics.get(f"{STATS}avg_latency_per_call.avg")
    total = latency * calls if latency is not None else metrics.get("db.load.avg", 0.0) * seconds * 1000
    rows = metrics.get(f"{STATS}rows_per_sec.avg")
    return StatementRow(
        text=text,
        calls=calls,
        total_ms=total,
        rows=rows * seconds if rows is not None else None,
        query_id=identity,
        user=dimensions.get("db.user.name"),
        database=dimensions.get("db.name"),
    )
