"""The same query from several inputs to one: totals from exports where there are any, values from logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import fsum

from advisor.workload.counting.sketch import quantile
from advisor.workload.merging.query_order import base_id, most_calls_first
from advisor.workload.model import Query, Sample, Session, Slot

SAMPLES = 8
"""Samples kept of one query, the slowest among them."""
COMMON = 16
"""Common values kept of one slot."""


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
        cancelled=fsum(query.cancelled for query in group),
        errors=_errors(group),
        plan_ms=_sum(query.plan_ms for query in counted),
        samples=_samples(group),
        slots=_slots(group, described),
        sessions=_sessions(group, counted),
        users=_union(query.users for query in group),
        applications=_union(query.applications for query in group),
        tags=_tags(group),
        query_ids=_union(query.query_ids for query in group),
        counters=_counters(counted),
        plan=next((query.plan for query in sorted(group, key=_slowness) if query.plan), None),
        inputs=_union(query.inputs for query in group),
    )


def _sessions(group: Sequence[Query], counted: Sequence[Query]) -> tuple[Session, ...]:
    """Return who ran the queries: from logs where these tell what was set, else from what gives the totals."""
    told = [query for query in group if any(session.settings for session in query.sessions)]
    told = told or [query for query in counted if query.sessions] or list(group)
    return most_calls_first(session for query in told for session in query.sessions)


def _errors(group: Sequence[Query]) -> tuple[tuple[str, float], ...]:
    counts: dict[str, float] = {}
    for message, count in (pair for query in group for pair in query.errors):
        counts[message] = counts.get(message, 0.0) + count
    return tuple(sorted(counts.items()))


def _slowness(query: Query) -> tuple[float, str]:
    return -(query.max_ms or 0.0), query.plan or ""


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
    joined: dict[Hashable, Sample] = {}
    for sample in (sample for query in group for sample in query.samples):
        key = (sample.text, sample.parameters, sample.user, sample.settings)
        known = joined.get(key)
        joined[key] = replace(known, calls=known.calls + sample.calls) if known else sample
    ordered = sorted(
        joined.values(), key=lambda sample: (-sample.calls, sample.text, str(sample.parameters), str(sample.settings))
    )
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
