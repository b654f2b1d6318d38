"""The order of queries in a workload, and ids that are unique across its databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from advisor.workload.model import Query, Session


def heaviest_first(queries: Iterable[Query]) -> list[Query]:
    """Return the queries by falling total time, ties by id and database."""
    return sorted(queries, key=lambda query: (-query.total_ms, query.id, query.database or ""))


SESSIONS = 32
"""Sessions kept of one query."""


def most_calls_first(sessions: Iterable[Session]) -> tuple[Session, ...]:
    """Return the sessions, those alike joined, by falling calls."""
    calls: Counter[tuple[str | None, tuple[tuple[str, str], ...]]] = Counter()
    for session in sessions:
        calls[session.user, session.settings] += session.calls  # type: ignore[assignment]
    ordered = sorted(calls.items(), key=lambda pair: (-pair[1], pair[0][0] or "", pair[0][1]))
    return tuple(Session(user, settings, float(count)) for (user, settings), count in ordered[:SESSIONS])


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
