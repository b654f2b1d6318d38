"""Several workloads to one: nothing counted twice, nothing lost.

Queries join by fingerprint and database. Where a statement export knows a query, its calls and times count, and a
log of the same database adds what only a log has: samples, values, percentiles, tags, loops. Logs add up; so do exports
of different servers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum

from advisor.workload.merging.database_names import database_names, naming_notes, with_name
from advisor.workload.merging.merge_patterns import (
    joined_incidents,
    joined_loops,
    joined_reuses,
    joined_shares,
    joined_units,
    with_new_ids,
)
from advisor.workload.merging.merge_queries import combine_queries
from advisor.workload.merging.query_order import base_id, with_unique_ids
from advisor.workload.model import Query, Workload


def merge(workloads: Sequence[Workload]) -> Workload:
    """Return the workload that the given ones hold together; the order in which they are given plays no part."""
    distinct = sorted(_distinct(workloads), key=_order)
    if len(distinct) == 1:
        return distinct[0]
    names = database_names(distinct)
    named = [[with_name(query, names) for query in workload.queries] for workload in distinct]
    databases = _databases(named)
    settled = [[_settled(query, databases) for query in part] for part in named]
    queries = with_unique_ids(combine_queries([query for part in settled for query in part]))
    ids = {(base_id(query), query.database): query.id for query in queries}
    renamed = []
    for workload, part in zip(distinct, settled, strict=True):
        new_ids = {old.id: ids[base_id(new), new.database] for old, new in zip(workload.queries, part, strict=True)}
        renamed.append(with_new_ids(workload, new_ids))
    begin, end, seconds = _span(distinct)
    return Workload(
        queries=queries,
        loops=joined_loops(loop for workload in renamed for loop in workload.loops),
        inputs=tuple(coverage for workload in distinct for coverage in workload.inputs),
        begin=begin,
        end=end,
        seconds=seconds,
        notes=tuple(dict.fromkeys([*_given_notes(distinct), *naming_notes(names), *_notes(settled)])),
        reuses=joined_reuses(reuse for workload in renamed for reuse in workload.reuses),
        connections=max((w.connections for w in distinct if w.connections), key=lambda one: one.units, default=None),
        incidents=joined_incidents(incident for workload in renamed for incident in workload.incidents),
        units=joined_units(units for workload in renamed for units in workload.units),
        shares=joined_shares(share for workload in renamed for share in workload.shares),
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


def _given_notes(workloads: Sequence[Workload]) -> list[str]:
    return [note for workload in workloads for note in workload.notes]


def _databases(parts: Sequence[Sequence[Query]]) -> Mapping[str, str]:
    """Return, for each query, the database that one of the inputs names for it: the heaviest where several do."""
    heaviest: dict[str, tuple[float, str]] = {}
    for query in (query for part in parts for query in part):
        if query.database is not None:
            found = (query.total_ms, query.database)
            heaviest[base_id(query)] = max(heaviest.get(base_id(query), found), found)
    return {name: database for name, (_, database) in heaviest.items()}


def _settled(query: Query, databases: Mapping[str, str]) -> Query:
    """Return the query under a database it may have been seen in, where its own input did not say which."""
    if query.database is not None or base_id(query) not in databases:
        return query
    return replace(query, database=databases[base_id(query)])


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
    logged = (query for part in parts for query in part if query.calls)
    only = [query for query in logged if sources[base_id(query), query.database] == {"log"}]
    notes = [
        f"{both} queries are in a log and in a statement export: the export gives their totals, the log their values"
    ]
    if only:
        calls = fsum(query.calls for query in only)
        notes.append(
            f"{len(only)} queries ({calls:.0f} executions) are in the log only and count as logged, not scaled up"
        )
    return notes if both or only else []
