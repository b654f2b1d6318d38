"""Join keys, from equivalence classes: what lets the planner look a row up per outer row, or merge without a sort."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.indexes.candidates.candidate import Need, Suggestion, key_of, unique_terms

ORDER = 20


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield each join's columns alone, after and before the equality set, and followed by one range."""
    width = need.context.options.width
    pinned = (*need.equalities, *need.lists)
    for joined in need.join_sets:
        forms = [joined, (*pinned, *joined), (*joined, *pinned), (*need.equalities, *joined)]
        forms += [tuple(sorted(joined, key=lambda term: (-need.distinct(term), term.expression)))]
        forms += [(*joined, term) for term in need.ranges[:2]]
        forms += [(*pinned, *joined, term) for term in need.ranges[:1]]
        for terms in dict.fromkeys(unique_terms(form)[:width] for form in forms):
            yield Suggestion(need.index(tuple(map(key_of, terms))), "join-keys")
