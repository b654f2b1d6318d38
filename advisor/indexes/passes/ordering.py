"""ORDER BY, GROUP BY, DISTINCT, min and max: an index that delivers rows in the order the query wants.

With equality conditions the order alone is not offered: under a LIMIT the planner would gamble on finding matches soon.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import IndexKey
from advisor.indexes.candidates.candidate import Need, Suggestion, key_of, unique_terms

ORDER = 30


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield the equality set followed by the ordering, the ordering alone, and the ordering with a list behind."""
    width = need.context.options.width
    for tail in _tails(need):
        named = {key.expression for key in tail}
        for prefix in dict.fromkeys(_prefixes(need)):
            keys = (*(key_of(term) for term in prefix if term.expression not in named), *tail)
            if len(keys) <= width + 1:
                yield Suggestion(need.index(keys), "ordering")
        if not need.equalities:
            yield Suggestion(need.index(tail[:width]), "ordering")
        behind = tuple(key_of(term) for term in (*need.lists, *need.ranges[:1]) if term.expression not in named)
        pinned = tuple(key_of(term) for term in need.equalities if term.expression not in named)
        if behind and len(pinned) + len(tail) < width:
            yield Suggestion(need.index((*pinned, *tail, *behind)[:width]), "ordering")


def _prefixes(need: Need) -> list[tuple]:  # type: ignore[type-arg]
    pinned, lists = need.equalities, need.lists
    joins = [unique_terms((*pinned, *joined)) for joined in need.join_sets]
    return [pinned, (*pinned, *lists), *((term,) for term in pinned[:2]), *joins]


def _tails(need: Need) -> Iterator[tuple[IndexKey, ...]]:
    """Yield the orderings an index could deliver, pinned terms left out: they are constant within a scan."""
    pinned = {term.expression for term in need.equalities}
    sort = [key for key in need.occurrence.sort if key.term.expression not in pinned]
    if not all(need.indexable(key.term) and not key.distance for key in sort):
        sort = []
    if sort:
        yield tuple(
            key_of(key.term, descending=key.descending, nulls_first=_nulls(need, key.term.column, key.nulls_first))
            for key in sort
        )
    groups = [term for term in need.occurrence.group if term.expression not in pinned and need.indexable(term)]
    if groups:
        yield tuple(map(key_of, groups))
    for _, term in need.occurrence.aggregates:
        if term.expression not in pinned and need.indexable(term) and term.columns:
            yield (key_of(term),)


def _nulls(need: Need, column: str | None, nulls_first: bool) -> bool | None:
    """Return where NULLs stand, `None` (the default) where the column cannot hold any."""
    found = need.column(column) if column else None
    return None if found and found.not_null else nulls_first
