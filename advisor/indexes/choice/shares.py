"""Who saved it: what a choice saves each query, shared out among its indexes so that nothing is counted twice.

An index is credited with what its query would lose without it, never with more than the query takes as things are: what
lies beyond that is the harm of another index, which it only hides. Where indexes work only together each would be
credited with the whole; their credits shrink alike until they sum up to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.indexes.choice.likely import left_with
from advisor.indexes.costing.costing import Costs
from advisor.indexes.costing.weighted import Weighted


def whole(weighted: Sequence[Weighted], chosen: frozenset[int], costs: Costs) -> float:
    """Return the milliseconds per day that a choice saves all queries together."""
    return sum(saved(one, chosen, costs) for one in weighted)


def saved(one: Weighted, chosen: frozenset[int], costs: Costs) -> float:
    """Return the milliseconds per day that a choice saves one query; 0 where it slows it."""
    return one.time * max(1 - left_with(one, chosen & one.field.shown, costs), 0.0)


def credits(one: Weighted, chosen: frozenset[int], users: Sequence[int], costs: Costs) -> Mapping[int, float]:
    """Return the milliseconds per day that each of the indexes which a query reads is credited with."""
    shown = chosen & one.field.shown
    left = left_with(one, shown, costs)
    lost = {index: max(min(left_with(one, shown - {index}, costs), 1.0) - left, 0.0) for index in users}
    total = sum(lost.values())
    scale = min(max(1 - left, 0.0) / total, 1.0) if total else 0.0
    return {index: one.time * share * scale for index, share in lost.items()}
