"""Statement exports to a workload: rows of the same query summed over users, databases kept apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import fsum

from advisor.capture.events import StatementRow
from advisor.capture.exports.export import StatementExport
from advisor.workload.counting.identity import identify
from advisor.workload.exports.deltas import join_readings
from advisor.workload.exports.explainable import explainable
from advisor.workload.exports.placeholders import numbered
from advisor.workload.exports.row_values import with_values
from advisor.workload.filtering.capture_filters import EVERYTHING, Filters
from advisor.workload.filtering.filter_exports import filtered_export, of_time
from advisor.workload.merging.merge_queries import combine_queries
from advisor.workload.merging.query_order import heaviest_first, most_calls_first, with_unique_ids
from advisor.workload.model import Query, Session, Workload

LIMITS = (120, 200, 500, 1024, 2048, 4096)
"""Lengths at which postgres_exporter, Datadog, Performance Insights, pg_stat_activity and pg_stat_monitor cut texts."""


def workload_of(exports: Sequence[StatementExport], filters: Filters = EVERYTHING) -> Workload:
    """Return the workload that all statement exports of one run hold together, as far as the filters leave it.

    Readings of the same server's counters are subtracted from each other, exports of different servers added up.
    """
    exports = [filtered_export(export, filters) for export in exports]
    exports = sorted(exports, key=lambda export: (export.captured or 0.0, export.coverage.name))
    joined, cut = of_time([(export, _interval(export)) for export in join_readings(exports)], filters)
    queries = [query for export in joined for query in queries_of(export)]
    begin, end, seconds = _span(joined)
    notes = dict.fromkeys(
        note for part in (*((*export.notes, *_trust(export)) for export in joined), cut) for note in part
    )
    return Workload(
        queries=with_unique_ids(combine_queries(queries)),
        inputs=tuple(export.coverage for export in exports),
        begin=begin,
        end=end,
        seconds=seconds,
        notes=tuple(notes),
    )


def queries_of(export: StatementExport) -> list[Query]:
    """Return one query per database, fingerprint and nesting, heaviest first."""
    rows = [replace(row, text=_parseable(row.text)) for row in _with_database_names(export.rows)]
    groups: dict[tuple[str | None, str], list[StatementRow]] = {}
    for row in rows:
        groups.setdefault((row.database, identify(row.text, row.top_level).id), []).append(row)
    return heaviest_first(_query(group, export) for group in groups.values())


def _parseable(text: str) -> str:
    """Return the text with placeholders numbered where the parser refuses it as it is (jsonb has `?` operators)."""
    return numbered(text) if identify(text).unparsed else text


def _with_database_names(rows: Sequence[StatementRow]) -> Iterable[StatementRow]:
    """Yield the rows; a database known by its number only is left out where it is the only one."""
    databases = {row.database for row in rows}
    for row in rows:
        if row.database is not None and row.database.isdigit():
            yield replace(row, database=None if len(databases) == 1 else f"oid {row.database}")
        else:
            yield row


def _query(rows: Sequence[StatementRow], export: StatementExport) -> Query:
    heaviest = max(rows, key=lambda row: (row.calls, row.text))
    identity = identify(heaviest.text, heaviest.top_level)
    calls, total = fsum(row.calls for row in rows), fsum(row.total_ms for row in rows)
    query = Query(
        id=identity.id,
        fingerprint=identity.fingerprint,
        text=explainable(heaviest.text),
        calls=calls,
        total_ms=total,
        mean_ms=total / calls,
        rows=_sum(row.rows for row in rows),
        max_ms=max((row.max_ms for row in rows if row.max_ms is not None), default=None),
        plan_ms=_sum(row.plan_ms for row in rows),
        database=heaviest.database,
        users=tuple(sorted({_user(row.user) for row in rows if row.user})),
        sessions=_sessions(rows),
        query_ids=tuple(sorted({row.query_id for row in rows if row.query_id})),
        top_level=heaviest.top_level,
        unparsed=identity.unparsed,
        counters=_counters(rows),
        inputs=(export.coverage.name,),
        measured="nominal" if export.nominal else "statements",
        applications=tuple(
            sorted({row.extra["application_name"] for row in rows if row.extra.get("application_name")})
        ),
    )
    return with_values(query, rows)


def _user(name: str) -> str:
    return f"oid {name}" if name.isdigit() else name


def _sessions(rows: Sequence[StatementRow]) -> tuple[Session, ...]:
    known = [Session(_user(row.user), (), row.calls) for row in rows if row.user]
    unknown = [Session(None, (), row.calls) for row in rows if not row.user]
    return most_calls_first([*known, *unknown]) if known else ()


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fsum(known) if known else None


def _counters(rows: Sequence[StatementRow]) -> dict[str, float]:
    names = sorted({name for row in rows for name in row.counters})
    return {name: fsum(row.counters.get(name, 0.0) for row in rows) for name in names}


def _span(exports: Sequence[StatementExport]) -> tuple[float | None, float | None, float | None]:
    """Return begin, end and captured seconds of what the exports cover, `None` where one of them does not tell."""
    spans = [span for export in exports if not export.nominal for span in [_interval(export)]]
    if not spans or any(span is None for span in spans):
        return None, None, None
    known = [span for span in spans if span is not None]
    begin, end = min(span[0] for span in known), max(span[1] for span in known)
    seconds = max(span[1] - span[0] for span in known)
    return begin, end, seconds if seconds < end - begin else None


def _interval(export: StatementExport) -> tuple[float, float] | None:
    if export.interval is not None:
        return export.interval
    since = [row.stats_since for row in export.rows if row.stats_since is not None]
    begin = export.reset if export.reset is not None else min(since, default=None)
    if begin is None or export.captured is None or export.captured <= begin:
        return None
    return begin, export.captured


def _trust(export: StatementExport) -> Iterable[str]:
    if not export.nominal:
        yield (
            "statement exports hold no values (`$1` in their place), so plans rest on planner statistics: "
            "add a log of the same database to plan with values that were really sent"
        )
    if export.evictions:
        yield (
            f"{export.coverage.name}: pg_stat_statements evicted entries {export.evictions:.0f} times since its reset: "
            "rare statements are missing or undercounted (raise pg_stat_statements.max)"
        )
    if _interval(export) is None and not export.nominal:
        yield (
            f"{export.coverage.name}: does not say over which time it counted, so nothing can be said per day: "
            "export with sql/export, or pass two exports taken at different times"
        )
    if len({row.database for row in export.rows}) > 1 and all((row.database or "0").isdigit() for row in export.rows):
        yield (
            f"{export.coverage.name}: names its databases by number only (`oid N`): "
            "join pg_database to it, or export with sql/export"
        )
    yield from _cut_off(export)
    if any(not row.top_level for row in export.rows):
        yield f"{export.coverage.name}: statements inside functions are kept apart; their time is part of the caller's"


def _cut_off(export: StatementExport) -> Iterable[str]:
    """Name texts that stop at a length monitors cut texts off at, and that cannot be parsed."""
    lengths = Counter(len(row.text) for row in export.rows if identify(_parseable(row.text)).unparsed)
    for limit in LIMITS:
        if cut := sum(count for length, count in lengths.items() if limit - 3 <= length <= limit):
            yield f"{export.coverage.name}: {cut} texts are cut off at {limit} characters and cannot be analysed"
