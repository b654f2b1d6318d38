"""What a choice does to a query: by the plan the planner picks, and by those so close to it that it may pick them."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.indexes.choice.program import CLOSE, WORSE
from advisor.indexes.costing.costing import Costs, Outcome
from advisor.indexes.costing.weighted import Weighted


def slowed(kept: frozenset[int], weighted: Sequence[Weighted], costs: Costs, limit: float) -> frozenset[int]:
    """Return the indexes that the plans of queries use which became slower by more than `limit`, a share."""
    plans = ((one, plan) for one in weighted for plan in likely(one, kept & one.field.shown, costs))
    return frozenset(
        index for one, plan in plans if plan.estimated > one.estimated * (1 + limit) for index in plan.used
    )


def likely(one: Weighted, shown: frozenset[int], costs: Costs) -> list[Outcome]:
    """Return how the planner plans a query with these candidates, and what far slower plan may come instead.

    Those are the ones that cost it nearly the same. Empty when the planner was not asked.
    """
    found = costs.outcome(one.field.query, shown)
    if found is None:
        return []
    known = (outcome for used, outcome in costs.known(one.field.query) if used <= shown)
    close = (outcome for outcome in known if outcome.cost * CLOSE <= found.cost)
    return [found, *(outcome for outcome in close if outcome.estimated > found.estimated * WORSE)]


def left(one: Weighted, cost: float, estimated: float) -> float:
    """Return the share of its time that a query is left with by a plan: the mean of what its cost and estimated time
    say.

    Either model may be right about a saving. Whether a plan slows its query is for the time model alone to say, and
    where it finds less than the planner does (block ranges), the planner is known to be wrong.
    """
    ratio = estimated / one.estimated if estimated >= one.estimated else min(estimated / one.seen, 1.0)
    return (min(cost, estimated) / one.cost + ratio) / 2


def left_with(one: Weighted, shown: frozenset[int], costs: Costs) -> float:
    """Return the share of a query's time left with these candidates, by the worst likely plan or what else is known."""
    if found := likely(one, shown, costs):
        return max(left(one, outcome.cost, outcome.estimated) for outcome in found)
    known = (outcome for used, outcome in costs.known(one.field.query) if used <= shown)
    return min((left(one, outcome.cost, outcome.estimated) for outcome in known), default=1.0)
