"""Leaves queries of a workload out: of a workload file, whose executions are summed up, and by table of any input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace

from advisor.errors import InputError
from advisor.workload.filtering.capture_filters import Filters
from advisor.workload.filtering.excluded import searching
from advisor.workload.filtering.filter_exports import outside, spelled, within
from advisor.workload.filtering.left_out_rows import EXCLUDED, OTHER_APPLICATION, OTHER_USER
from advisor.workload.filtering.named_tables import asked, fits, named_tables
from advisor.workload.model import Query, Workload

MANY = 8
"""Tables named where none of those asked for was found."""


def filtered_file(workload: Workload, filters: Filters) -> Workload:
    """Return what counts of a workload file.

    Its numbers are sums: a query that several users or applications ran counts whole when one of them is asked for,
    and a file that lies partly outside of --begin and --end counts whole, which notes tell.
    """
    name = ", ".join(coverage.name for coverage in workload.inputs) or "a workload file"
    notes = []
    if filters.span != (None, None):
        span = None if workload.begin is None or workload.end is None else (workload.begin, workload.end)
        if span is None:
            notes.append(f"{name}: does not tell what time it spans, so --begin and --end do not cut it")
        elif outside(span, filters):
            left = f"left out by --begin or --end: {len(workload.queries)} queries of {name}, which spans"
            return replace(_only(workload, ()), notes=(*workload.notes, f"{left} {spelled(span)}"))
        elif not within(span, filters):
            notes.append(f"{name}: spans {spelled(span)}; what is summed up cannot be cut by time: all of it counts")
    return _by_query(replace(workload, notes=(*workload.notes, *notes)), filters, name)


def _by_query(workload: Workload, filters: Filters, name: str) -> Workload:
    kept, shared, left = [], 0, Counter[str]()
    calls = Counter[str]()
    for query in workload.queries:
        if reason := _reason(query, filters):
            left[reason] += 1
            calls[reason] += round(query.calls)
            continue
        kept.append(query)
        others = (filters.users, query.users), (filters.applications, query.applications)
        shared += any(given and set(known) - set(given) for given, known in others)
    notes = [f"{name}: left out {left[why]} queries ({calls[why]} calls) {why}" for why in sorted(left)]
    if shared:
        notes.append(f"{name}: {shared} queries were run by others as well; what is summed up holds their calls, too")
    found = _only(workload, {query.id for query in kept}) if left else workload
    loops = tuple(
        loop for loop in found.loops if not filters.applications or loop.application in (None, *filters.applications)
    )
    return replace(found, loops=loops, notes=(*found.notes, *notes))


def _reason(query: Query, filters: Filters) -> str:
    """Return why a query is left out, empty when it is not."""
    if filters.users and not set(filters.users) & set(query.users):
        return OTHER_USER
    if filters.applications and not set(filters.applications) & set(query.applications):
        return OTHER_APPLICATION
    texts = (query.text, *(sample.text for sample in query.samples))
    if filters.exclude and any(searching(filters.exclude)(text.encode()) for text in texts):
        return EXCLUDED
    return ""


def of_tables(workload: Workload, names: Sequence[str]) -> Workload:
    """Return the queries that name one of the tables, and those that their loops follow.

    Raises `InputError`, naming tables that are there, when no query does.
    """
    wanted = asked(names)
    tables = {query.id: named_tables(query.text) for query in workload.queries}
    ours = {key for key, named in tables.items() if named and fits(named, wanted)}
    if workload.queries and not ours:
        seen = Counter(name.table for query in workload.queries for name in sorted(tables[query.id] or ()))
        most = ", ".join(sorted(seen, key=lambda table: (-seen[table], table))[:MANY]) or "none"
        raise InputError(f"no statement names {' or '.join(names)}", do=f"tables that are named: {most}")
    parents = {
        key
        for loop in workload.loops
        if loop.child in ours
        for key in (*(parent.query for parent in loop.parents), loop.outer)
        if key is not None and key in tables
    } - ours
    left = [query for query in workload.queries if query.id not in ours | parents]
    unread = sum(tables[query.id] is None for query in left)
    calls = sum(query.calls for query in left)
    notes = [f"left out by --table: {len(left)} queries ({calls:.0f} calls) that name no table of {', '.join(names)}"]
    notes += [f"{unread} of them the parser refuses, so their tables are not known"] if unread else []
    notes += [f"kept beside them: {len(parents)} queries that loops on these tables follow"] if parents else []
    found = _only(workload, ours | parents)
    loops = tuple(loop for loop in found.loops if loop.child in ours)
    return replace(found, loops=loops, notes=(*workload.notes, *notes)) if left else workload


def _only(workload: Workload, ids: Container[str]) -> Workload:
    """Return the workload with these queries only, and what is told of them; shares are of all and cannot be cut."""

    def ours(key: str | None) -> bool:
        return key is not None and key in ids

    return replace(
        workload,
        queries=tuple(query for query in workload.queries if ours(query.id)),
        loops=tuple(loop for loop in workload.loops if ours(loop.child)),
        reuses=tuple(reuse for reuse in workload.reuses if ours(reuse.query)),
        incidents=tuple(one for one in workload.incidents if ours(one.query)),
        shares=(),
    )
