"""The knee: the smallest choice that keeps nearly all of what the best one gains, as an integer program of its own.

Bytes are what it minimises. All queries of a group of tables together may lose `SLACK` of what the best choice saves
them, write costs counted, and none may lose more than `OWN` of what it gains itself.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

import numpy as np

from advisor.indexes.choice.program import Configuration, Problem, Row, components, constraints, optimum, undominated

SLACK = 0.01
"""Share of what the best choice saves that smaller indexes may cost."""
OWN = 0.1
"""Share of its own gain that a single query may lose to that."""
EXCHANGE = 5.0
"""By how many times more, relatively, bytes must shrink than the time saved does."""


TINY = 0.02
"""Share of another configuration's bytes below which one may save `BEHIND` less and count as good as it."""
BEHIND = 0.05
"""Share of its saving that so small a one may be behind: a block-range index, or a partial one over few rows."""
PAYLOAD = 0.05
"""By which share of its size an index with payload counts as larger: what fits into padding is not free for long."""


def lean(problem: Problem, best: frozenset[int], payload: Container[int] = ()) -> frozenset[int]:
    """Return the smallest choice within the slack of `best`, which is that itself where there is none smaller.

    `payload` holds the indexes that have some.
    """
    forgiven = (_forgiven(configurations, problem.sizes) for configurations in problem.queries)
    queries = tuple(undominated(configurations) for configurations in forgiven)
    parts = components(replace(problem, queries=tuple(configurations for configurations in queries if configurations)))
    sizes = tuple(size * (1 + PAYLOAD * (index in payload)) for index, size in enumerate(problem.sizes))
    return frozenset().union(*(_lean(part, best, sizes) for part in parts))


def _forgiven(configurations: Sequence[Configuration], sizes: Sequence[int]) -> Sequence[Configuration]:
    """Return the configurations, each as good as one of fifty times its bytes that saves hardly more."""
    rated = [(one, _sum(sizes, one.indexes)) for one in configurations]
    large = [max((o.saving for o, size in rated if mine <= size * TINY), default=0.0) for _, mine in rated]
    return [
        replace(one, saving=max(one.saving, min(one.saving * (1 + BEHIND), most)))
        for (one, _), most in zip(rated, large, strict=True)
    ]


def _lean(problem: Problem, best: frozenset[int], sizes: Sequence[float]) -> frozenset[int]:
    used = sorted({index for configurations in problem.queries for one in configurations for index in one.indexes})
    mine = best & frozenset(used)
    if len(mine) == 0:
        return mine
    column = {index: place for place, index in enumerate(used)}
    kept = [_kept(configurations, mine) for configurations in problem.queries]
    rows = [*constraints(problem, column, len(used)), *_floors(problem, column, kept, mine)]
    whole, gain = _sum(sizes, mine) or 1.0, sum(kept) or 1.0
    costs = [-sizes[index] / whole - EXCHANGE * problem.charges[index] / gain for index in used]
    costs += [EXCHANGE * one.saving / gain for configurations in problem.queries for one in configurations]
    found = optimum(np.array(costs) * 1e4, len(used), rows, whole=True)
    smaller = None if found is None else frozenset(used[place] for place in found)
    return mine if smaller is None or _sum(sizes, smaller) >= _sum(sizes, mine) else smaller


def _kept(configurations: Sequence[Configuration], chosen: frozenset[int]) -> float:
    """Return the time that a choice saves a query: by the plan that the planner picks of those that are built."""
    built = [one for one in configurations if one.indexes <= chosen]
    return max(min(built, key=lambda one: (one.cost, -one.saving)).saving, 0.0) if built else 0.0


def _floors(problem: Problem, column: dict[int, int], kept: Sequence[float], best: frozenset[int]) -> list[Row]:
    """Return what must be left: of all queries' time together less the charges, and of each query's own."""
    rows: list[Row] = []
    places: list[int] = []
    weights: list[float] = []
    place, gain = len(column), max(sum(kept), 1e-9)
    for configurations, own in zip(problem.queries, kept, strict=True):
        mine = list(range(place, place + len(configurations)))
        place += len(configurations)
        savings = [-one.saving / gain for one in configurations]
        if own > 0:
            rows.append((mine, savings, -(1 - OWN) * own / gain))
        places += mine
        weights += savings
    charges = [problem.charges[index] / gain for index in column]
    net = 1 - sum(problem.charges[index] for index in best) / gain
    rows.append(([*places, *column.values()], [*weights, *charges], SLACK - net))
    return rows


def _sum(sizes: Sequence[float], chosen: frozenset[int]) -> float:
    return sum(sizes[index] for index in sorted(chosen))
