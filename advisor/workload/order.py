"""The order of queries in a workload, and ids that are unique across its databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from advisor.workload.model import Query


def heaviest_first(queries: Iterable[Query]) -> list[Query]:
    """Return the queries by falling total time, ties by id and database."""
    return sorted(queries, key=lambda query: (-query.total_ms, query.id, query.database or ""))


def base_id(query: Query) -> str:
    """Return the query's id without the database that sets it apart from its twins elsewhere."""
    suffix = f"@{query.database}"
    return query.id.removesuffix(suffix)


def with_unique_ids(queries: Sequence[Query]) -> tuple[Query, ...]:
    """Return the queries heaviest first; where several databases have the same one, each id names its database."""
    counts = Counter(map(base_id, queries))
    named = (
        replace(query, id=f"{base_id(query)}@{query.database}" if counts[base_id(query)] > 1 else base_id(query))
        for query in queries
    )
    return tuple(heaviest_first(named))
