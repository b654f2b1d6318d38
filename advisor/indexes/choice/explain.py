"""One query explained: its plan before and after, every index that was tried for it, and why each lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.indexes.choice.likely import left_with
from advisor.indexes.choice.reason import key_list
from advisor.indexes.costing.costing import Costs, Question
from advisor.indexes.costing.pool import Pool
from advisor.indexes.costing.weighted import Economy, Weighted
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice, Explained, IndexProposal, Tried, WhyNot
from advisor.twin.plan import PlanNode
from advisor.twin.whatif import Ask, Refused

NEAR = 1.01
"""How much of the chosen plan's cost another may have to count as no worse."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that was made, and all it was made from."""

    kept: frozenset[int]
    """The candidates to be built."""
    pool: Pool
    costs: Costs
    charged: Economy
    proposals: Sequence[IndexProposal]
    missing: Mapping[str, WhyNot]
    """Why a query got nothing, by query."""
    options: AdviseOptions


def explained(weighted: Sequence[Weighted], choice: Choice) -> tuple[Explained, ...]:
    """Return the explanation of each query that the options name and that can be planned, in the order given."""
    asked = [one for one in weighted if one.field.query in choice.options.explain]
    alone = [(one, number) for one in asked for number in sorted(one.field.shown)]
    choice.costs.ask(Question(one.field.query, frozenset({number})) for one, number in alone)
    return tuple(_of(one, choice) for one in asked)


def _of(one: Weighted, choice: Choice) -> Explained:
    query, shown = one.field.query, choice.kept & one.field.shown
    after = choice.costs.outcome(query, shown)
    why = choice.missing.get(query)
    said = f"{why.reason}: {why.explanation}" if why else served_by(query, choice.proposals)
    plain, built = _plans(one, shown, choice.pool, choice.costs)
    return Explained(
        query,
        said or "its share of the time is too small to be explained by itself: no index is built for it",
        (one.cost, after.cost if after else one.cost),
        (one.estimated, after.estimated if after else one.estimated),
        plain,
        built,
        tuple(_tried(one, choice)),
    )


def reasons_told(advice: Advice) -> dict[str, str]:
    """Return per query what serves it, or why nothing does; light queries that nothing was made for are missing."""
    served = dict.fromkeys(benefit.query for proposal in advice.proposals for benefit in proposal.queries)
    told = {query: served_by(query, advice.proposals) for query in served}
    return told | {why.query: f"{why.reason}: {why.explanation}" for why in advice.why_not}


def served_by(query: str, proposals: Sequence[IndexProposal]) -> str:
    """Return which proposals serve a query and what they bring it to; empty where none does."""
    serving = [(one, benefit) for one in proposals for benefit in one.queries if benefit.query == query]
    if not serving:
        return ""
    names = " and ".join(f"{proposal.name} ({proposal.id})" for proposal, _ in serving)
    first = serving[0][1]
    return f"served by {names}: cost {first.cost_before:,.0f} before, {first.cost_after:,.0f} after"


def _plans(one: Weighted, shown: frozenset[int], pool: Pool, costs: Costs) -> tuple[PlanNode | None, PlanNode | None]:
    """Return the plan of the weightiest statement as things are, and with these candidates."""
    statement = max(costs.statements[one.field.query], key=lambda each: each.weight)
    names = frozenset(pool.names[number] for number in shown if number in pool.names)
    answers = costs.what_if.plan([Ask(statement), Ask(statement, names)])
    plain, built = (None if isinstance(answer, Refused) else answer for answer in answers)
    return plain, built


def _tried(one: Weighted, choice: Choice) -> Iterator[Tried]:
    """Yield every candidate of the query, the best by itself first."""
    found = []
    for number in sorted(one.field.shown):
        outcome = choice.costs.outcome(one.field.query, frozenset({number}))
        definition = choice.pool.definitions[number]
        index = f"{definition.table} {'' if definition.method == 'btree' else f'USING {definition.method} '}"
        cost, estimated = (outcome.cost, outcome.estimated) if outcome else (None, None)
        told = _outcome(one, number, choice)
        found.append((cost or one.cost, Tried(index + key_list(definition), cost, estimated, told)))
    for _, tried in sorted(found, key=lambda pair: (pair[0], pair[1].index)):
        yield tried


def _outcome(one: Weighted, number: int, choice: Choice) -> str:
    """Return why a candidate was chosen or lost, by the first of the rules that says so."""
    kept, costs, charged, options = choice.kept, choice.costs, choice.charged, choice.options
    outcome = costs.outcome(one.field.query, frozenset({number}))
    best = costs.outcome(one.field.query, kept & one.field.shown)
    if number in kept:
        return "chosen" if best and number in best.used else "chosen for other queries; this one does not read it"
    if outcome is None or number not in outcome.used:
        return "the planner does not use it"
    if outcome.estimated > one.estimated * (1 + options.max_regression):
        slower = outcome.estimated / max(one.estimated, 0.01)
        return f"its plan would take {slower:.1f} times as long by the time model (max_regression)"
    if outcome.cost > one.cost * (1 - options.min_gain):
        return f"it lowers the cost by less than {options.min_gain:.0%} (min_gain)"
    saved = one.time * max(1 - left_with(one, frozenset({number}), costs), 0.0)
    charge = charged.charges[number]
    if saved < charge:
        return f"it saves {saved:,.1f} ms a day here and takes {charge:,.1f} (writes, storage, least share)"
    if best and best.cost < outcome.cost / NEAR:
        return f"what was chosen brings the query to {best.cost:,.0f}, this to {outcome.cost:,.0f}"
    return f"no better for the query than what was chosen, at {charged.sizes[number] / 1024:,.0f} kB"
