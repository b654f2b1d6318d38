"""Two captures of the same application, before and after a change: what got faster, what slower, what it saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Literal

from advisor.workload.collect import collect
from advisor.workload.exports.deltas import SERIES
from advisor.workload.filtering.capture_filters import EVERYTHING, Filters
from advisor.workload.merging.query_order import base_id
from advisor.workload.model import POOLED, Query, Workload
from advisor.workload.query_noise import SURE, standard_error

Verdict = Literal["faster", "slower", "same", "new", "gone"]

NOTABLE = 1.2
"""Factor between means below which two captures are the same: load and caches differ that much by themselves."""
FEW = 10
"""Calls below which a mean says little."""

Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Side:
    """One query in one capture."""

    calls: float
    mean_ms: float
    p95_ms: float | None
    total_ms: float
    looped: float
    """Executions within loops (N+1)."""
    error_ms: float = 0.0
    """Standard error of the mean."""


@dataclass(frozen=True, slots=True)
class Change:
    """One query in both captures."""

    id: str
    text: str
    database: str | None
    before: Side | None
    after: Side | None
    verdict: Verdict
    few: bool
    """Whether one side has too few calls for its mean to say much."""

    @property
    def ratio(self) -> float | None:
        """Return the mean after divided by the mean before, `None` where one is missing or zero."""
        if self.before is None or self.after is None or self.before.mean_ms <= 0:
            return None
        return self.after.mean_ms / self.before.mean_ms

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Return between what the ratio lies, the noise of both means allowed for; `None` where there is no ratio."""
        if self.ratio is None or self.before is None or self.after is None:
            return None
        old, new = self.before, self.after
        low = max(new.mean_ms - SURE * new.error_ms, 0.0) / (old.mean_ms + SURE * old.error_ms)
        floor = old.mean_ms - SURE * old.error_ms
        return low, (new.mean_ms + SURE * new.error_ms) / floor if floor > 0 else math.inf

    @property
    def saved_ms(self) -> float:
        """Return the time its executions after the change would have cost more at the mean before it."""
        if self.before is None or self.after is None:
            return 0.0
        return self.after.calls * (self.before.mean_ms - self.after.mean_ms)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every query of two captures, those that saved or lost most first."""

    changes: tuple[Change, ...]
    days_before: float | None
    days_after: float | None

    @property
    def took_ms(self) -> float:
        """Return the time that the queries in both captures took after the change."""
        return fsum(change.after.total_ms for change in self.changes if change.before and change.after)

    @property
    def expected_ms(self) -> float:
        """Return the time the same executions would have taken at their means before the change."""
        return fsum(
            change.after.calls * change.before.mean_ms for change in self.changes if change.before and change.after
        )


def capture_pair(
    before: str, after: str, prefix: str | None = None, jobs: int | None = None, filters: Filters = EVERYTHING
) -> tuple[Workload, Workload]:
    """Return the captures of two inputs.

    Where they are two exports of counters that ran on (no reset in between), the second is what happened since the
    first, not what happened since the server's last reset. Counters that fell did not run on, whatever the order that
    exports without times seem to have.
    """
    old, new = (collect([name], log_line_prefix=prefix, jobs=jobs, filters=filters) for name in (before, after))
    counted = all(query.measured == "statements" for query in (*old.queries, *new.queries))
    if counted and "-" not in (before, after) and _may_have_run_on(old, new):
        difference = collect([before, after], log_line_prefix=prefix, jobs=jobs, filters=filters)
        if any(SERIES in note for note in difference.notes):
            new = difference
    return old, new


def _may_have_run_on(before: Workload, after: Workload) -> bool:
    """Return whether the queries in both were counted at least as often, together, in the second capture.

    One by one they may not be: who is evicted and comes back begins at 0.
    """
    known = {query.id: query.calls for query in before.queries}
    shared = [query for query in after.queries if query.id in known]
    return fsum(query.calls for query in shared) >= fsum(known[query.id] for query in shared)


def compare(before: Workload, after: Workload, notable: float = NOTABLE) -> Comparison:
    """Return what changed from one capture to the other; queries join by fingerprint and database."""
    apart = _databases(before) > 1 and _databases(after) > 1
    old, new = _by_key(before, apart), _by_key(after, apart)
    changes = [_change(key, old.get(key), new.get(key), notable) for key in sorted({*old, *new}, key=str)]
    changes.sort(key=lambda change: (-abs(change.saved_ms), -_weight(change), change.id))
    return Comparison(tuple(changes), before.days, after.days)


def _databases(workload: Workload) -> int:
    return len({query.database for query in workload.queries})


def _by_key(workload: Workload, apart: bool) -> Mapping[Key, tuple[Query, Side]]:
    """Return the queries by id, and by database where both captures hold several."""
    looped: dict[str, float] = {}
    for loop in workload.loops:
        if loop.unit not in POOLED:  # its executions may be loops of single sessions, too
            looped[loop.child] = looped.get(loop.child, 0.0) + loop.executions
    sides: dict[Key, tuple[Query, Side]] = {}
    for query in workload.queries:
        key = (base_id(query), query.database if apart else None)
        side = Side(
            query.calls, query.mean_ms, query.p95_ms, query.total_ms, looped.get(query.id, 0.0), standard_error(query)
        )
        known = sides.get(key)
        sides[key] = (query, side) if known is None else (known[0], _added(known[1], side))
    return sides


def _added(one: Side, other: Side) -> Side:
    calls = one.calls + other.calls
    mean = (one.calls * one.mean_ms + other.calls * other.mean_ms) / calls if calls else 0.0
    p95 = max((value for value in (one.p95_ms, other.p95_ms) if value is not None), default=None)
    error = math.hypot(one.calls * one.error_ms, other.calls * other.error_ms) / calls if calls else 0.0
    return Side(calls, mean, p95, one.total_ms + other.total_ms, one.looped + other.looped, error)


def _change(key: Key, old: tuple[Query, Side] | None, new: tuple[Query, Side] | None, notable: float) -> Change:
    query = (new or old or (None, None))[0]
    assert query is not None
    before, after = old[1] if old else None, new[1] if new else None
    few = any(side is not None and side.calls < FEW for side in (before, after))
    return Change(key[0], query.text, key[1], before, after, _verdict(before, after, notable), few)


def _verdict(before: Side | None, after: Side | None, notable: float) -> Verdict:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if after.mean_ms * notable < before.mean_ms:
        return "faster"
    return "slower" if after.mean_ms > before.mean_ms * notable else "same"


def _weight(change: Change) -> float:
    return max(side.total_ms for side in (change.before, change.after) if side is not None)
