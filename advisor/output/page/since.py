"""Two reports of the same application: which queries changed, which proposals and findings came, stayed and went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.revisions.contract import QueryItem, ReportFile
from advisor.workload.compare_captures import Comparison, compare
from advisor.workload.model import Query, Workload


@dataclass(frozen=True, slots=True)
class Moved:
    """Proposals or findings of two reports, as lines."""

    new: tuple[str, ...]
    stayed: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the earlier report."""

    comparison: Comparison
    proposals: Moved
    findings: Moved


def since(earlier: ReportFile, later: ReportFile) -> Since:
    """Return what changed from one report to the other."""
    return Since(
        compare(_workload(earlier), _workload(later)),
        _moved([(one.id, one.ddl or one.name) for one in earlier.proposals],
               [(one.id, one.ddl or one.name) for one in later.proposals]),
        _moved([(one.id, f"{one.code} {one.title}") for one in earlier.findings],
               [(one.id, f"{one.code} {one.title}") for one in later.findings]),
    )  # fmt: skip


def _moved(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> Moved:
    before, after = dict(old), dict(new)
    return Moved(
        tuple(text for key, text in new if key not in before),
        tuple(text for key, text in new if key in before),
        tuple(text for key, text in old if key not in after),
    )


def _workload(report: ReportFile) -> Workload:
    return Workload(tuple(map(_query, report.queries)), begin=report.coverage.begin, end=report.coverage.end)


def _query(item: QueryItem) -> Query:
    return Query(
        id=item.id,
        fingerprint=None,
        text=item.text,
        calls=item.calls,
        total_ms=item.total_ms,
        mean_ms=item.mean_ms,
        p95_ms=item.p95_ms,
        database=item.database,
    )
