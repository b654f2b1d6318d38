"""Prometheus: what postgres_exporter exposes of pg_stat_statements, scraped text or the query API's JSON.

The exporter shows at most 100 statements, those above the 10th percentile of time, and their text only with
`--collector.stat_statements.include_query`, cut off at 120 characters unless told otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from advisor.capture.coverage import InputCoverage
from advisor.capture.events import StatementRow
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.prometheus_samples import Series, from_api, from_text

NAME = "Prometheus"
PREFIX = "pg_stat_statements"
METRICS: Mapping[str, tuple[str, float]] = {
    "calls_total": ("calls", 1.0),
    "calls": ("calls", 1.0),
    "seconds_total": ("total_ms", 1000.0),
    "total_time_seconds": ("total_ms", 1000.0),
    "total_exec_time_seconds": ("total_ms", 1000.0),
    "total_time": ("total_ms", 1.0),
    "total_exec_time": ("total_ms", 1.0),
    "total_time_milliseconds": ("total_ms", 1.0),
    "rows_total": ("rows", 1.0),
    "rows": ("rows", 1.0),
    "block_read_seconds_total": ("shared_blk_read_time", 1000.0),
    "block_write_seconds_total": ("shared_blk_write_time", 1000.0),
    "shared_blks_read": ("shared_blks_read", 1.0),
    "shared_blks_hit": ("shared_blks_hit", 1.0),
}
"""Metric (after `pg_stat_statements_`) to what it counts and the factor to our units; old names are queries.yaml's."""
COUNTERS = frozenset({"shared_blk_read_time", "shared_blk_write_time", "shared_blks_read", "shared_blks_hit"})
HEAD = re.compile(r"^pg_stat_statements_\w+\{", re.MULTILINE)

Key = tuple[str, str, str, str]
"""Instance, user, database and query id."""


def sniff(head: bytes) -> float:
    """Return how surely `head` begins an exposition or an API answer with these metrics."""
    text = beginning(head).text
    if text.lstrip().startswith(("{", "[")):
        return 0.95 if '"__name__"' in text and '"pg_stat_statements_' in text else 0.0
    return 0.95 if HEAD.search(text) else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return one export: counters as scraped, or what they gained over the range that was queried."""
    tally = Tally()
    api = document.json is not None
    found = from_api(document.json, PREFIX, tally) if api else from_text(document.text, PREFIX, tally)
    series = list(found)
    ranged = any(len(one.points) > 1 for one in series)
    rows = tuple(_rows(series, tally))
    times = sorted(time for one in series for time, _ in one.points if time is not None)
    coverage = InputCoverage(
        name=name,
        kind=f"Prometheus pg_stat_statements ({'query API JSON' if api else 'exposition text'})",
        size=document.size,
        lines=document.lines,
        records=len(rows),
        executions=sum(row.calls for row in rows),
        skipped=tally.skipped(),
        settings={"series": str(len(series))},
        hides=("postgres_exporter shows at most 100 statements, the heaviest: the others are not in the export",),
    )
    interval = (times[0], times[-1]) if ranged and times[0] < times[-1] else None
    captured = times[-1] if times else None
    return (StatementExport(rows, coverage, captured=captured, cumulative=not ranged, interval=interval),)


def _rows(series: Sequence[Series], tally: Tally) -> Iterable[StatementRow]:
    texts: dict[str, str] = {}
    values: dict[Key, dict[str, float]] = {}
    for one in series:
        labels = one.labels
        query_id = labels.get("queryid", labels.get("query_id", ""))
        if labels.get("query"):
            texts.setdefault(query_id, labels["query"])
        counted = METRICS.get(one.metric.removeprefix(f"{PREFIX}_"))
        if counted is None:
            continue
        user = labels.get("user", labels.get("usename", labels.get("rolname", "")))
        key = (labels.get("instance", labels.get("server", "")), user, labels.get("datname", ""), query_id)
        field, factor = counted
        numbers = values.setdefault(key, {})
        numbers[field] = numbers.get(field, 0.0) + factor * gained(one)
    for key, numbers in sorted(values.items()):
        row = _row(key, numbers, texts, tally)
        if row is not None:
            yield row


def _row(key: Key, numbers: Mapping[str, float], texts: Mapping[str, str], tally: Tally) -> StatementRow | None:
    _, user, database, query_id = key
    text = texts.get(query_id)
    if text is None or text == "unknown":
        reason = "no statement text (run postgres_exporter with --collector.stat_statements.include_query)"
        tally.add(reason, f"queryid {query_id}", database)
        return None
    calls, total = numbers.get("calls", 0.0), numbers.get("total_ms", 0.0)
    if calls <= 0:
        tally.add("never executed within the range", f"queryid {query_id}", text)
        return None
    counters = {name: numbers[name] for name in sorted(COUNTERS & numbers.keys())}
    return StatementRow(
        text, calls, total, numbers.get("rows"), query_id, user or None, database or None, counters=counters
    )


def gained(series: Series) -> float:
    """Return a single scrape's value, or what a counter gained over a range, resets taken into account."""
    values = [value for _, value in series.points]
    if len(values) == 1:
        return values[0]
    steps = pairwise(values)
    return sum(later - earlier if later >= earlier else later for earlier, later in steps)
