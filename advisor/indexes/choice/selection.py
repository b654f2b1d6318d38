"""From configurations to a choice: budget or knee, checked against the planner until the two agree.

    configurations ──▶ program ──▶ choice ──▶ the planner sees the whole choice ──▶ new plans? ──▶ program again
    (what was asked)   (solve)                (Costs.ask)                            none: done

A configuration is what the planner did with the indexes of one question. With all chosen indexes in place it may do
something else: that answer becomes one more configuration, and the program is solved again, `ROUNDS` times at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from advisor.indexes.choice.lean import lean
from advisor.indexes.choice.likely import left, left_with, slowed
from advisor.indexes.choice.program import CLOSE, WORSE, Configuration, Problem, relaxed, saving, solve
from advisor.indexes.costing.configurations import Known, configurations
from advisor.indexes.costing.costing import Costs, Question
from advisor.indexes.costing.weighted import Economy, Weighted
from advisor.indexes.index_options import AdviseOptions

ROUNDS = 16
"""Times the planner may correct the program; then the best choice it agreed to so far is taken."""
FEW_ROUNDS = 4
"""The same where queries are many."""
FILTERING = 0.25
"""By how much a plan that discards rows is held to be costlier than the planner says, where relative gains count."""
SMALL = 300
"""Queries up to which the relaxed optima of several budgets are looked at."""
RELAXED_BUDGETS = (0.5, 1.0)
"""Their budgets, as shares of the given one (or of what the best choice takes)."""
POINTS = 12
"""Points of the benefit/size curve, at most."""


def select(
    costs: Costs,
    weighted: Sequence[Weighted],
    economy: Economy,
    options: AdviseOptions,
    widened: Callable[[frozenset[int]], Sequence[Weighted]],
) -> tuple[frozenset[int], Problem]:
    """Return the best choice under the options, and the problem it solves.

    `widened` gives the queries with all that is chosen on their tables shown, for whichever query it was chosen.
    """
    best: tuple[float, frozenset[int]] | None = None
    for _ in range(ROUNDS if len(weighted) <= SMALL else FEW_ROUNDS):
        problem = problem_of(costs, weighted, economy, options)
        chosen = solve(problem)
        if options.budget is None:
            chosen = lean(problem, chosen, economy.bare)
        asked = costs.asked
        served = [one for one in widened(chosen) if one.field.shown and not costs.late]
        costs.ask(Question(one.field.query, chosen & one.field.shown) for one in served)
        if costs.asked == asked:
            return chosen, problem
        if not slowed(chosen, served, costs, options.max_regression):
            saved = sum(one.time * (1 - left_with(one, chosen & one.field.shown, costs)) for one in served)
            worth = saved - sum(economy.charges[index] for index in chosen)
            best = max(best or (worth, chosen), (worth, chosen), key=lambda pair: pair[0])
    return (best[1] if best else chosen), problem


def reveal(costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions) -> None:
    """Have the planner say what the search of single queries left open: what indexes do together, and what tempts."""
    _relaxed_choices(costs, weighted, economy, options)
    _tempt(costs, weighted, economy, options)


def _relaxed_choices(costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions) -> None:
    """Have the planner plan every query under the relaxed optimum of several budgets: that reveals configurations.

    Only combinations that were planned together can be chosen for what they do together.
    """
    served = [one for one in weighted if one.field.shown]
    if len(served) > SMALL:
        return
    for share in RELAXED_BUDGETS:
        problem = problem_of(costs, weighted, economy, options)
        full = sum(problem.sizes[index] for index in relaxed(replace(problem, budget=None)))
        budget = full if options.budget is None else options.budget
        part = relaxed(replace(problem, budget=int(budget * share)))
        costs.ask(Question(one.field.query, part & one.field.shown) for one in served if not costs.late)


def _tempt(costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions) -> None:
    """Have the planner plan each query that has a misleading plan with each candidate that begins like one of its
    indexes.

    Where one index tempts the planner into a slow plan, its likes do, for whichever query they are meant.
    """
    queries = problem_of(costs, weighted, economy, options).queries
    useful = sorted({index for configurations in queries for one in configurations for index in one.indexes})
    if len(weighted) > SMALL or costs.late:
        return
    searched = [one.field.query for one in weighted if configurations(costs, one.field.query)]
    for query, found in zip(searched, queries, strict=True):
        leads = {economy.leads[index] for one in found if one.misleading for index in one.indexes}
        costs.ask(Question(query, frozenset({index})) for index in useful if economy.leads[index] in leads)


def problem_of(costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions) -> Problem:
    """Return the integer program for what is known so far."""
    tail = options.tail if options.budget is None else 0.0
    queries = tuple(
        choices(one, known, tail, options.max_regression, _without_payload(one, known, costs, economy))
        for one in weighted
        if (known := configurations(costs, one.field.query))
    )
    return Problem(queries, economy.sizes, economy.charges, economy.tables, options.max_per_table, options.budget)


def choices(
    one: Weighted, known: Sequence[Known], tail: float, limit: float, without: Mapping[frozenset[int], float]
) -> tuple[Configuration, ...]:
    """Return a query's configurations with what each is worth; those it may wrongly prefer are misleading.

    One that slows the query by more than `limit` (a share) is excluded, at the lowest cost that more indexes bring it
    to. `without` holds what those with payload leave of the query without it.
    """
    rivals = [(one.cost, one.estimated), *((k.planned, k.cost) for k in known)]
    excluded = [k for k in known if k.cost > one.estimated * (1 + limit)]
    made = []
    for k in known:
        bad = k.cost > one.estimated * (1 + limit)
        misleading = bad or any(cost >= k.planned * CLOSE and estimated * WORSE < k.cost for cost, estimated in rivals)
        unsure = k.planned >= one.cost * CLOSE and k.cost * WORSE < one.estimated
        share = k.cost / one.estimated if bad else left(one, k.planned, k.cost)
        plain = max(share, without.get(k.indexes, share))
        worth = 0.0 if unsure else one.time * value(share, plain, k.filtering, tail)
        cost = min(other.planned for other in excluded if k.indexes <= other.indexes) if bad else k.planned
        made.append(Configuration(k.indexes, worth, cost, misleading, bad))
    return tuple(made)


def _without_payload(
    one: Weighted, known: Sequence[Known], costs: Costs, economy: Economy
) -> Mapping[frozenset[int], float]:
    """Return the share of a query that is left without the payload of the indexes, by those that have any."""
    found: dict[frozenset[int], float] = {}
    for k in known:
        plain = frozenset().union(*(economy.bare.get(index, {index}) for index in k.indexes))
        if plain != k.indexes and (outcome := costs.outcome(one.field.query, plain)):
            found[k.indexes] = left(one, outcome.cost, outcome.estimated)
    return found


def value(ratio: float, without: float, filtering: float, tail: float) -> float:
    """Return what it is worth to bring a query to this share of its cost, in units of its time.

    Time saved counts in full, the relative gain with the weight `tail`, but not for what payload adds to it: `without`
    is the share that the same indexes leave without their payload. A plan that discards rows it fetched by an index
    counts as `FILTERING` costlier there, since skewed values make it so.
    """
    estimated = max(without, 1e-6) * (1 + FILTERING * filtering)
    return 1 - ratio + tail * math.log(1 / estimated)


def curve(problem: Problem, lost: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    """Return bytes and milliseconds saved per day of ever larger parts of a choice, the most saving bytes first.

    `lost` holds, per chosen index, what would be lost without it.
    """
    order = sorted(lost, key=lambda i: (-lost[i] / max(problem.sizes[i], 1), i))
    step = max(math.ceil(len(order) / POINTS), 1)
    parts = [frozenset(order[:count]) for count in (*range(0, len(order), step), len(order))]
    points = {sum(problem.sizes[i] for i in part): saving(problem, part) for part in parts}
    return tuple(sorted(points.items()))
