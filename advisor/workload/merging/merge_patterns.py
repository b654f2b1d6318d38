"""What several logs show besides single queries, put together: loops, repeated reads, waits and spills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import fsum

from advisor.workload.model import Loop, LoopParent, Workload
from advisor.workload.observed import Incident, Reuse, Share, UnitSizes

Renaming = Mapping[str, str]
"""Old query id to new one."""


def with_new_ids(workload: Workload, names: Renaming) -> Workload:
    """Return the workload with the ids its queries have after merging, wherever it names a query but in `queries`."""
    return replace(
        workload,
        loops=tuple(_renamed(loop, names) for loop in workload.loops),
        reuses=tuple(replace(reuse, query=names.get(reuse.query, reuse.query)) for reuse in workload.reuses),
        incidents=tuple(
            replace(incident, query=names.get(incident.query, incident.query) if incident.query else None)
            for incident in workload.incidents
        ),
    )


def _renamed(loop: Loop, names: Renaming) -> Loop:
    parents = tuple(replace(parent, query=names.get(parent.query, parent.query)) for parent in loop.parents)
    outer = names.get(loop.outer, loop.outer) if loop.outer else None
    beside = tuple(sorted(names.get(name, name) for name in loop.beside))
    return replace(loop, child=names.get(loop.child, loop.child), parents=parents, outer=outer, beside=beside)


def joined_loops(loops: Iterable[Loop]) -> tuple[Loop, ...]:
    """Return the loops, those alike summed, by falling executions."""
    groups: dict[tuple[object, ...], list[Loop]] = {}
    for loop in loops:
        tags = tuple(sorted(loop.tags.items()))
        slots = loop.varying, loop.constant
        key = (loop.child, loop.outer, loop.unit, loop.application, *slots, tags, loop.paced >= 0.5)
        groups.setdefault(key, []).append(loop)
    joined = [group[0] if len(group) == 1 else _joined_loop(group) for group in groups.values()]
    return tuple(sorted(joined, key=lambda loop: (-loop.executions, loop.child, loop.unit, loop.application or "")))


def _joined_loop(group: Sequence[Loop]) -> Loop:
    loops = sum(loop.loops for loop in group)

    def mean(values: Iterable[float]) -> float:
        return fsum(loop.loops * value for loop, value in zip(group, values, strict=True)) / loops

    return replace(
        group[0],
        parents=_joined_parents([parent for loop in group for parent in loop.parents]),
        loops=loops,
        executions=fsum(loop.executions for loop in group),
        median=mean(loop.median for loop in group),
        p95=mean(loop.p95 for loop in group),
        max=max(loop.max for loop in group),
        distinct=mean(loop.distinct for loop in group),
        monotone=mean(loop.monotone for loop in group),
        gap_ms=mean(loop.gap_ms for loop in group),
        duration_ms=fsum(loop.duration_ms for loop in group),
        sessions=max(loop.sessions for loop in group),
        paced=mean(loop.paced for loop in group),
        same_length=mean(loop.same_length for loop in group),
        one_by_one=mean(loop.one_by_one for loop in group),
        short_lists=mean(loop.short_lists for loop in group),
        beside=tuple(sorted({name for loop in group for name in loop.beside})),
        sequential=mean(loop.sequential for loop in group),
        crowded=mean(loop.crowded for loop in group),
        elsewhere=_total(loop.elsewhere for loop in group),
    )


def _joined_parents(parents: Sequence[LoopParent]) -> tuple[LoopParent, ...]:
    groups: dict[str, list[LoopParent]] = {}
    for parent in parents:
        groups.setdefault(parent.query, []).append(parent)
    joined = [group[0] if len(group) == 1 else _joined_parent(group) for group in groups.values()]
    return tuple(sorted(joined, key=lambda parent: (-parent.loops, parent.statements_between, parent.query)))


def _joined_parent(group: Sequence[LoopParent]) -> LoopParent:
    loops = sum(parent.loops for parent in group)
    contained = [parent.values_contained for parent in group]
    known = [value for value in contained if value is not None]
    return replace(
        group[0],
        loops=loops,
        statements_between=fsum(parent.loops * parent.statements_between for parent in group) / loops,
        rows=tuple(row for parent in group for row in parent.rows),
        limit=group[0].limit if len({parent.limit for parent in group}) == 1 else None,
        limit_reached=fsum(parent.loops * parent.limit_reached for parent in group) / loops,
        values_contained=fsum(known) / len(known) if len(known) == len(contained) else None,
        runs=_total(parent.runs for parent in group),
    )


def _total(values: Iterable[float | None]) -> float | None:
    """Return the sum, `None` when any is unknown."""
    known = list(values)
    return None if None in known else fsum(value for value in known if value is not None)


def joined_reuses(reuses: Iterable[Reuse]) -> tuple[Reuse, ...]:
    """Return, of each query, the observation with the most executions: hit rates of several logs do not add up."""
    best: dict[str, Reuse] = {}
    for reuse in reuses:
        known = best.setdefault(reuse.query, reuse)
        if reuse.executions > known.executions:
            best[reuse.query] = reuse
    return tuple(sorted(best.values(), key=lambda reuse: (-reuse.executions, reuse.query)))


def joined_incidents(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Return the incidents, those of one kind, query, relation and lock summed, by falling total."""
    groups: dict[tuple[str, str, str, str], list[Incident]] = {}
    for one in incidents:
        groups.setdefault((one.kind, one.query or "", one.relation or "", one.lock or ""), []).append(one)
    joined = [
        replace(
            group[0],
            count=sum(one.count for one in group),
            total=fsum(one.total for one in group),
            largest=max(one.largest for one in group),
        )
        for _, group in sorted(groups.items())
    ]
    return tuple(sorted(joined, key=lambda one: -one.total))


def joined_units(units: Iterable[UnitSizes]) -> tuple[UnitSizes, ...]:
    """Return the sizes of units, those of one application and tags summed."""
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[UnitSizes]] = {}
    for one in units:
        groups.setdefault((one.application or "", tuple(sorted(one.tags.items()))), []).append(one)
    return tuple(
        replace(
            group[0],
            statements=_summed(one.statements for one in group),
            others=_summed(one.others for one in group),
        )
        for _, group in sorted(groups.items())
    )


def _summed(counts: Iterable[tuple[tuple[int, int], ...]]) -> tuple[tuple[int, int], ...]:
    found: Counter[int] = Counter()
    for one in counts:
        found.update(dict(one))
    return tuple(sorted(found.items()))


def joined_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    """Return the shares, those of one application or tag value summed."""
    groups: dict[tuple[str, str], list[Share]] = {}
    for one in shares:
        groups.setdefault((one.tag or "", one.value), []).append(one)
    found = (
        replace(group[0], calls=fsum(one.calls for one in group), total_ms=fsum(one.total_ms for one in group))
        for group in groups.values()
    )
    return tuple(sorted(found, key=lambda one: (one.tag or "", -one.total_ms, one.value)))
