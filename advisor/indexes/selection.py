"""From configurations to a choice: budget or knee, checked against the planner until the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.indexes.configurations import Field, configurations
from advisor.indexes.costing import Costs, Question
from advisor.indexes.options import AdviseOptions
from advisor.indexes.program import Configuration, Problem, saving, solve

ROUNDS = 4
"""Times the planner may correct the program."""
STEPS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 5 / 8, 3 / 4, 7 / 8)
"""Budgets of the curve, as shares of what everything worthwhile takes."""
EXACT_CURVE = 20_000
"""Configurations up to which every point of the curve is an optimum of its own."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A query's weight: its time per day and what it costs as things are."""

    field: Field
    time: float
    """Milliseconds per day."""
    cost: float


@dataclass(frozen=True, slots=True)
class Economy:
    """What each candidate takes: bytes, time per day, a place on its table."""

    sizes: tuple[int, ...]
    charges: tuple[float, ...]
    tables: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen candidates and the curve they were chosen from."""

    chosen: frozenset[int]
    curve: tuple[tuple[int, float], ...]
    """Bytes and milliseconds saved per day, by rising size."""


def select(costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions) -> Selection:
    """Return the best choice under the options."""
    chosen: frozenset[int] = frozenset()
    curve: tuple[tuple[int, float], ...] = ()
    for _ in range(ROUNDS):
        problem = problem_of(costs, weighted, economy, options)
        chosen = solve(problem)
        if options.budget is None:
            curve, chosen = _knee(problem, chosen, options.knee)
        asked = costs.asked
        costs.ask(Question(one.field.query, chosen & one.field.shown) for one in weighted if not costs.late)
        if costs.asked == asked:
            break
    return Selection(chosen, curve or _curve(problem, chosen))


def problem_of(costs: Costs, weighted: Sequence[Weighted], economy: Economy, options: AdviseOptions) -> Problem:
    """Return the integer program for what is known so far."""
    queries = tuple(
        tuple(
            Configuration(indexes, one.time * (1 - cost / one.cost))
            for indexes, cost in configurations(costs, one.field.query)
            if cost < one.cost
        )
        for one in weighted
    )
    return Problem(queries, economy.sizes, economy.charges, economy.tables, options.max_per_table, options.budget)


def _curve(problem: Problem, chosen: frozenset[int]) -> tuple[tuple[int, float], ...]:
    return tuple((size, saved) for size, saved, _ in _points(problem, chosen))


def _points(problem: Problem, chosen: frozenset[int]) -> list[tuple[int, float, frozenset[int]]]:
    """Return size, saving and choice at growing budgets; the last point is `chosen` itself."""
    full = sum(problem.sizes[index] for index in chosen)
    if sum(map(len, problem.queries)) > EXACT_CURVE:
        problem = _restricted(problem, chosen)
    points = {(0, 0.0, frozenset[int]()), (full, saving(problem, chosen), chosen)}
    for step in STEPS if len(chosen) > 1 else ():
        part = solve(replace(problem, budget=int(full * step)))
        points.add((sum(problem.sizes[index] for index in part), saving(problem, part), part))
    ordered = sorted(points, key=lambda point: (point[0], point[1], sorted(point[2])))
    rising = [point for place, point in enumerate(ordered) if all(point[1] > before[1] for before in ordered[:place])]
    return rising


def _restricted(problem: Problem, chosen: frozenset[int]) -> Problem:
    queries = tuple(tuple(c for c in configurations if c.indexes <= chosen) for configurations in problem.queries)
    return replace(problem, queries=queries)


def _knee(
    problem: Problem, chosen: frozenset[int], share: float
) -> tuple[tuple[tuple[int, float], ...], frozenset[int]]:
    """Return the curve, and the smallest choice on it that keeps the given share of what can be saved."""
    points = _points(problem, chosen)
    reachable = points[-1][1] if points else 0.0
    knee = next((part for _, saved, part in points if saved >= share * reachable), chosen)
    return tuple((size, saved) for size, saved, _ in points), knee
