"""The integer program finds the best choice there is, whatever the order of its input."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.indexes.choice.program import CLOSE, Configuration, Problem, solve

INDEXES = 6


@st.composite
def problems(draw):
    sets = st.frozensets(st.integers(0, INDEXES - 1), min_size=1, max_size=3)
    configuration = st.builds(Configuration, sets, st.integers(1, 100).map(float), st.integers(1, 50).map(float))
    misleading = st.builds(
        Configuration,
        sets,
        st.integers(-100, 50).map(float),
        st.integers(1, 50).map(float),
        st.just(True),
        st.booleans(),
    )
    one = st.one_of(configuration, misleading) if draw(st.booleans()) else configuration
    queries = draw(st.lists(st.lists(one, min_size=1, max_size=4).map(tuple), min_size=1, max_size=5))
    sizes = draw(st.lists(st.integers(1_000_000, 9_000_000), min_size=INDEXES, max_size=INDEXES))
    charges = draw(st.lists(st.integers(0, 40).map(float), min_size=INDEXES, max_size=INDEXES))
    tables = draw(st.lists(st.integers(0, 2), min_size=INDEXES, max_size=INDEXES))
    budget = draw(st.one_of(st.none(), st.integers(1_000_000, 30_000_000)))
    return Problem(tuple(queries), tuple(sizes), tuple(charges), tuple(tables), draw(st.integers(1, 3)), budget)


def plans(configurations: tuple[Configuration, ...], chosen: frozenset[int]) -> list[float]:
    """What a query may save with these indexes built; nothing where the planner is sure to pick a excluded plan."""
    built = [one for one in configurations if one.indexes <= chosen]
    misleading_ones = [one for one in built if one.misleading]
    left = [o for o in built if not any(o.cost >= t.cost * CLOSE and o.saving > t.saving for t in misleading_ones)]
    slow = [misleading for misleading in misleading_ones if misleading.saving < 0]
    left = [o for o in left if all(not o.excluded and (o is t or o.cost < t.cost * CLOSE) for t in slow)]
    return [one.saving for one in left] + ([] if slow else [0.0])


def worth(problem: Problem, chosen: frozenset[int]) -> float:
    saved = sum(max(plans(configurations, chosen)) for configurations in problem.queries)
    return saved - sum(problem.charges[index] for index in chosen)


def allowed(problem: Problem, chosen: frozenset[int]) -> bool:
    fits = problem.budget is None or sum(problem.sizes[index] for index in chosen) <= problem.budget
    tables = [problem.tables[index] for index in chosen]
    possible = all(plans(configurations, chosen) for configurations in problem.queries)
    return fits and possible and all(tables.count(table) <= problem.per_table for table in tables)


def every_choice(problem: Problem):
    for count in range(INDEXES + 1):
        for chosen in map(frozenset, combinations(range(INDEXES), count)):
            if allowed(problem, chosen):
                yield chosen


@given(problems())
@settings(deadline=None, max_examples=150)
def test_no_other_choice_is_worth_more(problem: Problem) -> None:
    chosen = solve(problem)
    assert allowed(problem, chosen)
    best = max(worth(problem, other) for other in every_choice(problem))
    assert worth(problem, chosen) >= best - 1e-3 * max(abs(best), 1)


@given(problems(), st.randoms())
@settings(deadline=None, max_examples=50)
def test_the_order_of_queries_and_configurations_does_not_matter(problem: Problem, chance) -> None:
    queries = [tuple(chance.sample(configurations, len(configurations))) for configurations in problem.queries]
    chance.shuffle(queries)
    shuffled = replace(problem, queries=tuple(queries))
    assert abs(worth(problem, solve(problem)) - worth(problem, solve(shuffled))) < 0.1


def test_an_index_that_serves_two_queries_beats_two_that_serve_one_each() -> None:
    queries = (
        (Configuration(frozenset({0}), 10.0), Configuration(frozenset({2}), 9.5)),
        (Configuration(frozenset({1}), 10.0), Configuration(frozenset({2}), 9.5)),
    )
    assert solve(Problem(queries, (8192, 8192, 8192), (3.0, 3.0, 3.0), (0, 0, 0))) == {2}


def test_of_two_equal_indexes_the_smaller_is_taken() -> None:
    queries = ((Configuration(frozenset({0}), 10.0), Configuration(frozenset({1}), 10.0)),)
    assert solve(Problem(queries, (80_000_000, 8_000_000), (1.0, 1.0), (0, 0))) == {1}


def test_an_index_that_does_not_earn_its_charge_is_left_out() -> None:
    assert solve(Problem(((Configuration(frozenset({0}), 5.0),),), (8192,), (6.0,), (0,))) == frozenset()


def test_an_index_that_misleads_the_planner_into_a_slow_plan_is_left_out() -> None:
    slow = Configuration(frozenset({0}), -4.0, cost=10.0, misleading=True, excluded=True)
    queries = ((slow,), (Configuration(frozenset({0}), 50.0, cost=10.0),))
    assert solve(Problem(queries, (8192,), (1.0,), (0,))) == frozenset()


def test_a_misleading_plan_does_no_harm_beside_an_index_that_the_planner_surely_prefers() -> None:
    slow = Configuration(frozenset({0}), -4.0, cost=10.0, misleading=True, excluded=True)
    better = Configuration(frozenset({1}), 8.0, cost=5.0)
    close = Configuration(frozenset({1}), 8.0, cost=9.5)
    other = (Configuration(frozenset({0}), 50.0, cost=10.0),)
    assert solve(Problem(((slow, better), other), (8192, 8192), (1.0, 1.0), (0, 0))) == {0, 1}
    assert solve(Problem(((slow, close), other), (8192, 8192), (1.0, 1.0), (0, 0))) == {1}
