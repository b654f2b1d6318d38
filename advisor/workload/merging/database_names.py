"""Names for databases that an export knows by number only, where another input shows what runs in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from advisor.workload.merging.query_order import base_id
from advisor.workload.model import Query, Workload

NUMBERED = "oid "


def database_names(workloads: Sequence[Workload]) -> Mapping[str, str]:
    """Return the name that each number stands for: that with which it has most queries in common.

    A number for which two names come equally near stays without one.
    """
    seen: dict[str, set[str]] = {}
    for query in (query for workload in workloads for query in workload.queries):
        if query.database is not None:
            seen.setdefault(query.database, set()).add(base_id(query))
    known = {name for name in seen if not name.startswith(NUMBERED)}
    names: dict[str, str] = {}
    for number in sorted(seen.keys() - known, key=lambda number: (-len(seen[number]), number)):
        common = Counter({name: len(seen[number] & seen[name]) for name in sorted(known - set(names.values()))})
        best = [*common.most_common(2), ("", 0), ("", 0)]
        if best[0][1] > best[1][1]:
            names[number] = best[0][0]
    return names


def with_name(query: Query, names: Mapping[str, str]) -> Query:
    """Return the query under its database's name; its id then names no database."""
    if query.database is None or query.database not in names:
        return query
    return replace(query, id=base_id(query), database=names[query.database])


def naming_notes(names: Mapping[str, str]) -> list[str]:
    """Say which number was taken for which name."""
    return [
        f"database {number} is taken for {name}: they run the same queries" for number, name in sorted(names.items())
    ]
