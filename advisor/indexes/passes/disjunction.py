"""OR over columns: one index per arm, for the planner to combine with a bitmap OR."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.indexes.candidates.candidate import EQUALITY, Need, Suggestion, key_of, unique_terms

ORDER = 40


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield, per arm of every OR, its own equalities then a range, with and without the query's common equalities."""
    arms: dict[tuple[int, int], list] = {}  # type: ignore[type-arg]
    for predicate in need.occurrence.predicates:
        if predicate.disjunction is not None and need.indexable(predicate.term):
            arms.setdefault((predicate.disjunction, predicate.arm or 0), []).append(predicate)
    for _, predicates in sorted(arms.items()):
        pinned = need.ordered(unique_terms(p.term for p in predicates if p.kind in EQUALITY or p.kind == "list"))
        ranges = unique_terms(p.term for p in predicates if p.kind == "range" and p.term not in pinned)
        for terms in dict.fromkeys(
            unique_terms(form)[: need.context.options.width]
            for form in ((*pinned, *ranges[:1]), (*need.equalities, *pinned, *ranges[:1]))
            if form
        ):
            yield Suggestion(need.index(tuple(map(key_of, terms))), "disjunction")
