"""From configurations to a choice: budget or knee, checked against the planner until the two agree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.indexes.configurations import Field, configurations
from advisor.indexes.costing import Costs, Question
from advisor.indexes.options import AdviseOptions
from advisor.indexes.program import Configuration, Problem, relaxed, saving, solve

ROUNDS = 4
"""Times the planner may correct the program."""
FILTERING = 0.25
"""By how much a plan that discards rows is held to be costlier than the planner says, where relative gains count."""
SMALL = 300
"""Queries up to which the relaxed optima of several budgets are looked at."""
GLANCES = (0.5, 1.0)
"""Their budgets, as shares of the given one (or of what the best choice takes)."""
POINTS = 12
"""Points of the benefit/size curve, at most."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A query's weight: its time per day and what it costs as things are."""

    field: Field
    time: float
    """Milliseconds per day."""
    cost: float
    felt: float
    """As in `Outcome`."""


@dataclass(frozen=True, slots=True)
class Economy:
    """What each candidate takes: bytes, time per day, a place on its table."""

    sizes: tuple[int, ...]
    charges: tuple[float, ...]
    tables: tuple[int, ...]


def select(
    costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions
) -> tuple[frozenset[int], Problem]:
    """Return the best choice under the options, and the problem it solves."""
    _glance(costs, weighted, economy, options)
    while True:
        problem = problem_of(costs, weighted, economy, options)
        chosen = solve(problem)
        asked = costs.asked
        served = [one for one in weighted if one.field.shown and not costs.late]
        costs.ask(Question(one.field.query, chosen & one.field.shown) for one in served)
        if costs.asked == asked or costs.rounds >= ROUNDS:
            return chosen, problem
        costs.rounds += 1


def _glance(costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions) -> None:
    """Have the planner plan every query under the relaxed optimum of several budgets: that reveals configurations.

    Only combinations that were planned together can be chosen for what they do together.
    """
    served = [one for one in weighted if one.field.shown]
    if len(served) > SMALL:
        return
    for share in GLANCES:
        problem = problem_of(costs, weighted, economy, options)
        full = sum(problem.sizes[index] for index in relaxed(replace(problem, budget=None)))
        budget = full if options.budget is None else options.budget
        part = relaxed(replace(problem, budget=int(budget * share)))
        costs.ask(Question(one.field.query, part & one.field.shown) for one in served if not costs.late)


def problem_of(costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions) -> Problem:
    """Return the integer program for what is known so far."""
    tail = options.tail if options.budget is None else 0.0
    queries = tuple(
        tuple(
            Configuration(known.indexes, one.time * value(known.cost / one.felt, known.filtering, tail))
            for known in configurations(costs, one.field.query)
            if known.cost < one.felt
        )
        for one in weighted
        if one.field.shown
    )
    return Problem(queries, economy.sizes, economy.charges, economy.tables, options.max_per_table, options.budget)


def value(ratio: float, filtering: float, tail: float) -> float:
    """Return what it is worth to bring a query to this share of its cost, in units of its time.

    Time saved counts in full, the relative gain with the weight `tail`; a plan that discards rows it fetched by an
    index counts as `FILTERING` costlier there, since skewed values make it so.
    """
    felt = max(ratio, 1e-6) * (1 + FILTERING * filtering)
    return 1 - ratio + tail * math.log(1 / felt)


def curve(problem: Problem, lost: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    """Return bytes and milliseconds saved per day of ever larger parts of a choice, the most saving bytes first.

    `lost` holds, per chosen index, what would be lost without it.
    """
    order = sorted(lost, key=lambda i: (-lost[i] / max(problem.sizes[i], 1), i))
    step = max(math.ceil(len(order) / POINTS), 1)
    parts = [frozenset(order[:count]) for count in (*range(0, len(order), step), len(order))]
    points = {sum(problem.sizes[i] for i in part): saving(problem, part) for part in parts}
    return tuple(sorted(points.items()))
