"""Loop sums become the workload's `Loop`s, unit sizes its `UnitSizes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.loops.loopsum import PARENTS, PPM, LoopKey, LoopSum, LoopSums, ParentSum, Spans, crowded
from advisor.workload.loops.unitsizes import SizeSums
from advisor.workload.model import Loop, LoopParent
from advisor.workload.observed import UnitSizes

NameOf = Callable[[EntryKey], str]

CallsOf = Callable[[EntryKey, bytes], int]
"""Executions of a query by an application."""


def loops(sums: LoopSums, name_of: NameOf, calls_of: CallsOf) -> tuple[Loop, ...]:
    """Return the loops, most executions first; `name_of` gives a query's id."""
    spans: dict[tuple[EntryKey, bytes], Spans] = {}
    for key, found in sums.items():
        spans.setdefault((key.child, key.application), {}).update(found.spans)
    made = [_loop(key, found, spans[key.child, key.application], name_of, calls_of) for key, found in sums.items()]
    return tuple(sorted(made, key=lambda one: (-one.executions, one.child, repr(one))))


def unit_sizes(sums: SizeSums) -> tuple[UnitSizes, ...]:
    """Return the sizes of units, by application and tags."""
    return tuple(
        UnitSizes(
            place.application.decode("utf-8", "replace") or None,
            dict(place.tags),
            tuple(sorted(found.statements.items())),
            tuple(sorted(found.others.items())),
        )
        for place, found in sorted(sums.items())
    )


def percentile(counts: Mapping[int, int], share: float) -> int:
    """Return the value below or at which `share` of the counted values lie."""
    rank = max(1, -(-sum(counts.values()) * share // 1))
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value
    return 0


def _loop(key: LoopKey, found: LoopSum, spans: Spans, name_of: NameOf, calls_of: CallsOf) -> Loop:
    parents = sorted(found.parents.items(), key=lambda pair: (-pair[1].loops, pair[1].between, pair[0]))
    return Loop(
        child=name_of(key.child),
        parents=tuple(
            _parent(name_of(parent), seen, calls_of(parent, key.application)) for parent, seen in parents[:PARENTS]
        ),
        loops=found.loops,
        executions=found.executions,
        median=float(percentile(found.lengths, 0.5)),
        p95=float(percentile(found.lengths, 0.95)),
        max=max(found.lengths),
        varying=key.varying,
        constant=key.constant,
        distinct=round(found.distinct / found.loops / PPM, 6),
        monotone=round(found.monotone / found.loops, 6),
        gap_ms=percentile(found.gaps, 0.5) / 100 if found.gaps else 0.0,
        duration_ms=found.duration / 1000,
        unit=key.unit,
        application=key.application.decode("utf-8", "replace") or None,
        tags=dict(key.tags),
        example=found.example,
        seen=found.seen,
        outer=name_of(key.outer) if key.outer else None,
        sessions=found.sessions,
        same_length=round(max(found.lengths.values()) / found.loops, 6),
        one_by_one=round(found.one_by_one / found.loops, 6),
        short_lists=round(found.short_lists / found.loops, 6),
        beside=tuple(sorted(name_of(entry) for entry, count in found.beside.items() if 2 * count >= found.loops)),
        paced=round(found.paced / found.loops, 6),
        sequential=round(found.sequential / found.loops, 6),
        crowded=round(crowded(found.spans, spans), 6),
        elsewhere=float(max(0, calls_of(key.child, key.application) - found.executions)),
    )


def _parent(name: str, seen: ParentSum, runs: int) -> LoopParent:
    limits = list(seen.limits)
    return LoopParent(
        query=name,
        loops=seen.loops,
        statements_between=round(seen.between / seen.loops, 6),
        rows=tuple(row for row, count in sorted(seen.rows.items()) for _ in range(count)),
        limit=limits[0] if len(limits) == 1 else None,
        limit_reached=round(seen.reached / max(sum(seen.limits.values()), 1), 6),
        values_contained=round(seen.contained / seen.listed / PPM, 6) if seen.listed else None,
        runs=float(runs),
    )
