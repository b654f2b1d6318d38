"""Which indexes are worth considering together for a query: a small set of atomic configurations, found by asking.

All candidates are shown at once first: what the planner then picks is the best there is. Taking its picks away one by
one reveals the next best; showing each candidate alone reveals the cheap ones; pairs over different tables complete it.

    shown {a, b, c, d}  planner uses {b, d}, cost  40      configuration {b, d}
    shown {a, c, d}     planner uses {a, d}, cost  55      {a, d}: what is left without b
    shown {a, b, c}     planner uses {b},    cost  90      {b}:    what is left without d
    shown {a}, {c} …    costs 120, 400 (as it is: 400)     {a}; c alone changes nothing

Ten questions instead of sixteen subsets here; the number grows with the picks, not with 2^candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from advisor.catalog.index import IndexDefinition
from advisor.indexes.costing.costing import NONE, Costs, Question

GENEROUS = 30
"""Questions per query for a small workload, and for the heavy queries of a large one."""
FRUGAL = 3
"""Questions for each of the other queries of a large workload: as things are, all candidates shown, one more."""
FEW = 12
"""Queries up to which every single candidate is looked at, and every second-best plan."""
PAIRED = 2
"""Good single candidates of each table that are paired with those of other tables."""
SMALL = 400
"""Queries up to which a workload is small."""
HEAVY = 0.9
"""Share of a large workload's time that its heavy queries take together."""
MIDDLING = 10
"""Questions per heavy query when there are many of them."""


@dataclass(frozen=True, slots=True)
class Field:
    """What the search for one query works with."""

    query: str
    shown: frozenset[int]
    """Candidates relevant to it."""
    questions: int
    """How many questions it may ask."""
    added: frozenset[int] = frozenset()
    """Those of the candidates that other queries brought."""

    @property
    def thorough(self) -> bool:
        """Return whether the query is worth more than the least questions."""
        return self.questions > FRUGAL


def fields(relevant: Sequence[tuple[str, float, frozenset[int]]], asks_per_query: int | None) -> list[Field]:
    """Return the fields of all queries that have candidates, with their share of questions.

    `relevant` holds query, time and candidates.
    """
    involved = [(query, time, shown) for query, time, shown in relevant if shown]
    if asks_per_query or len(involved) <= SMALL:
        return [Field(query, shown, asks_per_query or GENEROUS) for query, _, shown in involved]
    ordered = sorted(involved, key=lambda one: (-one[1], one[0]))
    total, taken = sum(time for _, time, _ in involved), 0.0
    heavy: set[str] = set()
    for query, time, _ in ordered:
        if len(heavy) >= SMALL and taken >= HEAVY * total:
            break
        heavy.add(query)
        taken += time
    most = GENEROUS if len(heavy) <= SMALL else MIDDLING
    return [Field(query, shown, most if query in heavy else FRUGAL) for query, _, shown in involved]


def explore(
    costs: Costs,
    everything: list[Field],
    definitions: Sequence[IndexDefinition],
    min_gain: float,
    *,
    again: bool = False,
    payload: bool = True,
) -> None:
    """Ask the planner what `Costs.known` needs to hold for each query's configurations; stops early when late.

    `again` asks less: for fields that were explored before and have got more candidates. `payload` asks what plans
    cost without it.
    """
    costs.ask(question for one in everything for question in (Question(one.query), Question(one.query, one.shown)))
    promising = [one for one in everything if gains(costs, one.query, one.shown, min_gain)]
    few = len(everything) <= FEW
    for step in _STEPS[few, again]:
        if step is _bare and not payload:
            continue
        if costs.late:
            return
        costs.ask(_limited(costs, promising, definitions, step))


Step = Callable[[Costs, Field, Sequence[IndexDefinition]], Iterator[frozenset[int]]]


def _limited(
    costs: Costs, promising: list[Field], definitions: Sequence[IndexDefinition], step: Step
) -> Iterator[Question]:
    for one in promising:
        room = one.questions - len(list(costs.known(one.query)))
        for shown in dict.fromkeys(step(costs, one, definitions)):
            if room <= 0:
                break
            if shown and costs.outcome(one.query, shown) is None:
                room -= 1
                yield Question(one.query, shown)


def gains(costs: Costs, query: str, shown: frozenset[int], min_gain: float) -> bool:
    """Return whether these candidates lower the query's cost by at least the given share."""
    before, after = costs.outcome(query), costs.outcome(query, shown)
    return before is not None and after is not None and after.cost <= before.cost * (1 - min_gain)


def _reduced(costs: Costs, one: Field, definitions: Sequence[IndexDefinition]) -> Iterator[frozenset[int]]:
    """Yield the candidates without payload, then those without predicate, then the plain ones."""
    lean = frozenset(i for i in one.shown if not definitions[i].include)
    whole = frozenset(i for i in one.shown if not definitions[i].where)
    short = frozenset(i for i in lean & whole if len(definitions[i].keys) == 1)
    yield from (lean, whole, lean & whole, short)


def _bare(costs: Costs, one: Field, definitions: Sequence[IndexDefinition]) -> Iterator[frozenset[int]]:
    """Yield the same indexes without their payload, for every plan that used some with: what is the payload worth?"""
    numbers = {definitions[i]: i for i in one.shown}
    for used, _ in sorted(costs.known(one.query), key=lambda known: (known[1].cost, sorted(known[0]))):
        plain = (numbers.get(replace(definitions[i], include=())) for i in used)
        stripped = frozenset(number for number in plain if number is not None)
        if stripped != used:
            yield stripped


def _alone(costs: Costs, one: Field, definitions: Sequence[IndexDefinition]) -> Iterator[frozenset[int]]:
    """Yield each candidate alone that some plan used."""
    yield from (frozenset({i}) for i in sorted(_used(costs, one)))


def _others(costs: Costs, one: Field, definitions: Sequence[IndexDefinition]) -> Iterator[frozenset[int]]:
    """Yield each candidate alone that no plan used."""
    yield from (frozenset({i}) for i in sorted(one.shown - _used(costs, one)))


def _added(costs: Costs, one: Field, definitions: Sequence[IndexDefinition]) -> Iterator[frozenset[int]]:
    """Yield each candidate alone that other queries brought: its own may do a little better, but for itself only."""
    yield from (frozenset({i}) for i in sorted(one.added))


def _used(costs: Costs, one: Field) -> frozenset[int]:
    return frozenset().union(*(used for used, _ in costs.known(one.query)))


def _peeled(costs: Costs, one: Field, definitions: Sequence[IndexDefinition]) -> Iterator[frozenset[int]]:
    """Yield what is left when everything some plan used is taken away: the second best."""
    left = one.shown - _used(costs, one)
    yield left
    yield frozenset(i for i in left if not definitions[i].include)


def _removed(costs: Costs, one: Field, definitions: Sequence[IndexDefinition]) -> Iterator[frozenset[int]]:
    """Yield all candidates but one of those a plan used, for the cheapest plans."""
    cheapest = sorted(costs.known(one.query), key=lambda known: (known[1].cost, sorted(known[0])))
    for used, _ in cheapest[:4]:
        for index in sorted(used):
            yield one.shown - {index}
        if len(used) > 1:
            yield one.shown - used


def _paired(costs: Costs, one: Field, definitions: Sequence[IndexDefinition]) -> Iterator[frozenset[int]]:
    """Yield pairs of good single candidates on different tables, and the best of every table together."""
    before = costs.outcome(one.query)
    if before is None:
        return
    singles: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for index in sorted(one.shown):
        found = costs.outcome(one.query, frozenset({index}))
        if found is not None and index in found.used:
            place = definitions[index].schema, definitions[index].table
            singles.setdefault(place, []).append((found.cost, index))
    best = [[index for _, index in sorted(rated)[:PAIRED]] for _, rated in sorted(singles.items())]
    if len(best) > 1:
        yield frozenset(rated[0] for rated in best)
    for left, right in combinations(best, 2):
        yield from (frozenset({a, b}) for a in left for b in right)


_STEPS: Mapping[tuple[bool, bool], tuple[Step, ...]] = {
    (True, False): (_reduced, _peeled, _bare, _alone, _others, _removed, _paired, _removed, _bare),
    (True, True): (_bare, _alone, _others, _paired),
    (False, False): (_reduced, _peeled, _bare, _alone, _paired),
    (False, True): (_bare, _alone, _added, _paired),
}
"""What is asked one after the other: by whether the queries are few, and whether they were explored before."""


@dataclass(frozen=True, slots=True)
class Known:
    """A configuration: indexes some plan of a query used together, and the lowest estimated time seen with them."""

    indexes: frozenset[int]
    cost: float
    """The estimated time, as in `Outcome`."""
    planned: float
    """What the planner takes it to cost: it picks the lowest of these."""
    filtering: float
    """As in `Outcome`."""


def configurations(costs: Costs, query: str) -> list[Known]:
    """Return each set of indexes some plan of the query used, cheapest first."""
    lowest: dict[frozenset[int], Known] = {}
    for used, outcome in costs.known(query):
        if used != NONE and (used not in lowest or outcome.estimated < lowest[used].cost):
            lowest[used] = Known(used, outcome.estimated, outcome.cost, outcome.filtering)
    return sorted(lowest.values(), key=lambda one: (one.cost, sorted(one.indexes)))
