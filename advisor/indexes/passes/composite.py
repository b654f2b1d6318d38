"""Equality set, then one range: the classic composite b-tree, and its parts alone.

The equality columns come first, ordered by how many queries share them and then by selectivity; one range may follow,
since a second one cannot narrow the scan. The range alone and the most selective parts are suggested too: the planner
arbitrates.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import Term
from advisor.indexes.candidates.candidate import Need, Suggestion, key_of

ORDER = 10
RANGES = 3
"""Range columns of one occurrence worth trying."""


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield the equality sets, each alone and with one range, and the ranges alone."""
    width = need.context.options.width
    for prefix in equality_sets(need):
        yield Suggestion(need.index(tuple(map(key_of, prefix[:width]))), "composite")
        for term in need.ranges[:RANGES]:
            yield Suggestion(need.index(tuple(map(key_of, (*prefix[: width - 1], term)))), "composite")
    for term in need.ranges[:RANGES]:
        yield Suggestion(need.index((key_of(term),)), "composite")


def equality_sets(need: Need) -> Iterator[tuple[Term, ...]]:
    """Yield the sets of pinned terms in the orders that can be defended, without repetitions."""
    pinned = need.equalities
    listed = need.ordered((*pinned, *need.lists))
    selective = tuple(sorted(listed, key=lambda term: (-need.distinct(term), term.expression)))
    enough = _until_unique(need, selective)
    sets = [pinned, listed, (*pinned, *need.lists), selective, enough, *((term,) for term in selective[:3])]
    yield from dict.fromkeys(found for found in sets if found)


def _until_unique(need: Need, terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Return the shortest prefix that leaves about one row per value combination."""
    rows = need.rows
    for count, term in enumerate(terms, 1):
        rows /= max(need.distinct(term), 1.0)
        if rows <= 1.0:
            return terms[:count]
    return terms
