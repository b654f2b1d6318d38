"""Several workloads to one: nothing counted twice, nothing lost.

Queries join by fingerprint and database. Where a statement export knows a query, its calls and times count, and a
log of the same database adds what only a log has: samples, values, percentiles, tags, loops. Logs add up; so do exports
of different servers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import fsum

from advisor.workload.model import Loop, LoopParent, Query, Sample, Slot, Workload
from advisor.workload.order import base_id, with_unique_ids
from advisor.workload.sketch import quantile

SAMPLES = 8
"""Samples kept of one query, the slowest among them."""
COMMON = 16
"""Common values kept of one slot."""

Renaming = Mapping[str, str]


def merge(workloads: Sequence[Workload]) -> Workload:
    """Return the workload that the given ones hold together; the order in which they are given plays no part."""
    distinct = sorted(_distinct(workloads), key=_order)
    if len(distinct) == 1:
        return distinct[0]
    databases = _databases(distinct)
    settled = [[_settled(query, databases) for query in workload.queries] for workload in distinct]
    queries = with_unique_ids(combine_queries([query for part in settled for query in part]))
    ids = {(base_id(query), query.database): query.id for query in queries}
    loops: list[Loop] = []
    for workload, part in zip(distinct, settled, strict=True):
        names = {old.id: ids[base_id(new), new.database] for old, new in zip(workload.queries, part, strict=True)}
        loops.extend(_renamed(loop, names) for loop in workload.loops)
    begin, end, seconds = _span(distinct)
    return Workload(
        queries=queries,
        loops=tuple(_joined_loops(loops)),
        inputs=tuple(coverage for workload in distinct for coverage in workload.inputs),
        begin=begin,
        end=end,
        seconds=seconds,
        notes=tuple(dict.fromkeys([*(note for workload in distinct for note in workload.notes), *_notes(settled)])),
    )


def _distinct(workloads: Sequence[Workload]) -> list[Workload]:
    """Return the workloads without those that were given twice and without empty ones (unless all are)."""
    kept: list[Workload] = []
    for workload in workloads:
        if workload not in kept:
            kept.append(workload)
    return [workload for workload in kept if workload.queries or workload.inputs] or [Workload(())]


def _order(workload: Workload) -> tuple[float, str]:
    return workload.begin or 0.0, ",".join(coverage.name for coverage in workload.inputs)


def _databases(workloads: Sequence[Workload]) -> Mapping[str, str]:
    """Return, for each query, the database that one of the inputs names for it: the heaviest where several do."""
    heaviest: dict[str, tuple[float, str]] = {}
    for query in (query for workload in workloads for query in workload.queries):
        if query.database is not None:
            found = (query.total_ms, query.database)
            heaviest[base_id(query)] = max(heaviest.get(base_id(query), found), found)
    return {name: database for name, (_, database) in heaviest.items()}


def _settled(query: Query, databases: Mapping[str, str]) -> Query:
    """Return the query under a database it may have been seen in, where its own input did not say which."""
    if query.database is not None or base_id(query) not in databases:
        return query
    return replace(query, database=databases[base_id(query)])


def combine_queries(queries: Iterable[Query]) -> list[Query]:
    """Return one query per base id and database."""
    groups: dict[tuple[str, str | None], list[Query]] = {}
    for query in queries:
        groups.setdefault((base_id(query), query.database), []).append(query)
    return [group[0] if len(group) == 1 else _combined(group) for group in groups.values()]


def _combined(group: Sequence[Query]) -> Query:
    """Return the group as one query; exports give the totals where there are any, else logs do."""
    counted = next(
        part for source in ("statements", "log", "nominal") if (part := [q for q in group if q.measured == source])
    )
    durations = _durations(group)
    slowest = max((query.max_ms for query in group if query.max_ms is not None), default=None)
    described = next((query for query in group if query.slots), counted[0])
    calls, total = fsum(query.calls for query in counted), fsum(query.total_ms for query in counted)
    return replace(
        counted[0],
        id=base_id(counted[0]),
        text=described.text,
        calls=calls,
        total_ms=total,
        mean_ms=fsum(query.mean_ms * query.calls for query in counted) / calls if calls else 0.0,
        rows=_sum(query.rows for query in counted),
        p50_ms=_quantile(durations, 0.5, slowest),
        p95_ms=_quantile(durations, 0.95, slowest),
        p99_ms=_quantile(durations, 0.99, slowest),
        max_ms=slowest,
        durations=tuple(sorted(durations.items())),
        failed=fsum(query.failed for query in group),
        plan_ms=_sum(query.plan_ms for query in counted),
        samples=_samples(group),
        slots=_slots(group, described),
        users=_union(query.users for query in group),
        applications=_union(query.applications for query in group),
        tags=_tags(group),
        query_ids=_union(query.query_ids for query in group),
        counters=_counters(counted),
        inputs=_union(query.inputs for query in group),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fsum(known) if known else None


def _durations(group: Sequence[Query]) -> dict[int, int]:
    """Return the executions per bucket of the quantile sketch."""
    counts: Counter[int] = Counter()
    for query in group:
        counts.update(dict(query.durations))
    return counts


def _quantile(durations: Mapping[int, int], share: float, slowest: float | None) -> float | None:
    value = quantile(durations, share)
    return value if value is None or slowest is None else min(value, slowest)


def _union(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({value for part in parts for value in part}))


def _tags(group: Sequence[Query]) -> dict[str, tuple[str, ...]]:
    names = sorted({name for query in group for name in query.tags})
    return {name: _union(query.tags.get(name, ()) for query in group) for name in names}


def _counters(group: Sequence[Query]) -> dict[str, float]:
    names = sorted({name for query in group for name in query.counters})
    return {name: fsum(query.counters.get(name, 0.0) for query in group) for name in names}


def _samples(group: Sequence[Query]) -> tuple[Sample, ...]:
    """Return the samples of all, same text and values joined, most frequent first."""
    joined: dict[tuple[str, tuple[str | None, ...] | None], Sample] = {}
    for sample in (sample for query in group for sample in query.samples):
        key = (sample.text, sample.parameters)
        known = joined.get(key)
        joined[key] = replace(known, calls=known.calls + sample.calls) if known else sample
    ordered = sorted(joined.values(), key=lambda sample: (-sample.calls, sample.text, str(sample.parameters)))
    slowest = max(ordered, key=lambda sample: sample.duration_ms or 0.0, default=None)
    if slowest is not None and slowest not in ordered[:SAMPLES]:
        ordered.insert(SAMPLES - 1, slowest)
    return tuple(ordered[:SAMPLES])


def _slots(group: Sequence[Query], described: Query) -> tuple[Slot, ...]:
    """Return the slots of all queries that number them alike."""
    alike = [query for query in group if query.slots and len(query.slots) == len(described.slots)]
    return tuple(_slot([query.slots[index] for query in alike]) for index in range(len(described.slots)))


def _slot(slots: Sequence[Slot]) -> Slot:
    counts: dict[str | None, float] = {}
    for value, executions in (pair for slot in slots for pair in slot.common):
        counts[value] = counts.get(value, 0.0) + executions
    common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    distinct = max(len(counts), max(slot.distinct for slot in slots))
    return Slot(tuple(common[:COMMON]), distinct, fsum(slot.executions for slot in slots))


def _renamed(loop: Loop, names: Renaming) -> Loop:
    """Return the loop with the ids its queries have after merging."""
    parents = tuple(replace(parent, query=names.get(parent.query, parent.query)) for parent in loop.parents)
    outer = names.get(loop.outer, loop.outer) if loop.outer else None
    return replace(loop, child=names.get(loop.child, loop.child), parents=parents, outer=outer)


def _joined_loops(loops: Sequence[Loop]) -> list[Loop]:
    """Return the loops, those alike summed, by falling executions."""
    groups: dict[tuple[object, ...], list[Loop]] = {}
    for loop in loops:
        tags = tuple(sorted(loop.tags.items()))
        key = (loop.child, loop.outer, loop.unit, loop.application, loop.varying, loop.constant, tags)
        groups.setdefault(key, []).append(loop)
    joined = [group[0] if len(group) == 1 else _joined_loop(group) for group in groups.values()]
    return sorted(joined, key=lambda loop: (-loop.executions, loop.child, loop.unit, loop.application or ""))


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
    )


def _span(workloads: Sequence[Workload]) -> tuple[float | None, float | None, float | None]:
    """Return begin, end and captured seconds: of the exports where there are any, since they give the totals."""
    exports = [part for part in workloads if any(query.measured == "statements" for query in part.queries)]
    spans = [(part.begin, part.end, part.days) for part in exports or workloads]
    known = sorted((begin, end, days) for begin, end, days in spans if begin is not None and end is not None and days)
    if not known or len(known) < len(spans):
        return None, None, None
    begin, end = known[0][0], max(span[1] for span in known)
    seconds = max(span[2] for span in known) * 86_400 if exports else _covered([span[:2] for span in known])
    return begin, end, seconds if seconds < end - begin else None


def _covered(spans: Sequence[tuple[float, float]]) -> float:
    """Return the length of the union of spans, given in order."""
    total, reached = 0.0, float("-inf")
    for begin, end in spans:
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


def _notes(parts: Sequence[Sequence[Query]]) -> list[str]:
    """Say how logs and exports were joined."""
    sources: dict[tuple[str, str | None], set[str]] = {}
    for query in (query for part in parts for query in part):
        sources.setdefault((base_id(query), query.database), set()).add(query.measured)
    both = sum({"log", "statements"} <= found for found in sources.values())
    if not any("statements" in found for found in sources.values()):
        return []
    only = [query for part in parts for query in part if sources[base_id(query), query.database] == {"log"}]
    notes = [
        f"{both} queries are in a log and in a statement export: the export gives their totals, the log their values"
    ]
    if only:
        calls = fsum(query.calls for query in only)
        notes.append(
            f"{len(only)} queries ({calls:.0f} executions) are in the log only and count as logged, not scaled up"
        )
    return notes if both or only else []
