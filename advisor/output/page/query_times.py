"""Time by query, before and, by the planner's costs, after: the bars of the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from advisor.revisions.contract import QueryItem, ReportFile


@dataclass(frozen=True, slots=True)
class QueryTime:
    """One query's share of the captured time."""

    query: QueryItem
    before_ms: float
    after_ms: float
    """What is left of it once all proposals are carried out, estimated."""
    before: float
    """Length of its bar, 0 to 100: 100 is the heaviest query's."""
    after: float


def days(report: ReportFile) -> float:
    """Return the days that what is said per day is to be multiplied with, to be of the captured time."""
    coverage = report.coverage
    if coverage.days is not None:
        return coverage.days or 1.0
    if coverage.begin is None or coverage.end is None or coverage.end <= coverage.begin:
        return 1.0
    return (coverage.end - coverage.begin) / 86_400


def saved_by_query(report: ReportFile) -> Mapping[str, float]:
    """Return the milliseconds of the captured time that all proposals together save each query."""
    saved: dict[str, float] = defaultdict(float)
    for proposal in report.proposals:
        for benefit in proposal.queries:
            saved[benefit.query] += benefit.time_saved_ms_per_day * days(report)
    return saved


def saved_ms(report: ReportFile) -> float:
    """Return the milliseconds of the captured time that all proposals to build save together."""
    return report.coverage.time_saved_ms_per_day * days(report) or sum(saved_by_query(report).values())


def query_times(report: ReportFile) -> tuple[QueryTime, ...]:
    """Return every query's time, the heaviest first."""
    saved = saved_by_query(report)
    ordered = sorted(report.queries, key=lambda query: (-query.total_ms, query.id))
    most = max((query.total_ms for query in ordered), default=0.0) or 1.0
    return tuple(_time(query, saved.get(query.id, 0.0), most) for query in ordered)


def _time(query: QueryItem, saved: float, most: float) -> QueryTime:
    left = min(max(query.total_ms - saved, 0.0), query.total_ms)
    return QueryTime(query, query.total_ms, left, 100 * query.total_ms / most, 100 * left / most)
