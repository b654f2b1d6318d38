"""From chosen candidates to proposals: benefit alone and after the others, write cost, evidence, confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.analysis.shape import QueryShape
from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.indexes.candidates.candidate import Suggestion
from advisor.indexes.candidates.guarded_keys import WARNING
from advisor.indexes.choice.evaluation import cost_with
from advisor.indexes.choice.likely import left, left_with
from advisor.indexes.choice.reason import key_list, purpose, simpler
from advisor.indexes.choice.shares import credits
from advisor.indexes.costing.costing import Costs, Question
from advisor.indexes.costing.weighted import Weighted
from advisor.indexes.proposal import Benefit, Confidence, IndexProposal, QueryBenefit, WriteCost, proposal_id
from advisor.twin.statement import Basis

RANK: Mapping[Basis, int] = {"logged": 0, "sampled": 1, "generic": 2}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate that was chosen, with what is needed to propose it."""

    number: int
    suggestion: Suggestion
    size: IndexSize
    write_cost: WriteCost
    all: frozenset[int]
    """Every chosen candidate."""


def proposals(
    chosen: Sequence[Chosen],
    costs: Costs,
    weighted: Sequence[Weighted],
    replaced: Mapping[int, tuple[str, ...]],
    definitions: Sequence[IndexDefinition],
    shapes: Mapping[str, QueryShape],
) -> tuple[IndexProposal, ...]:
    """Return one proposal per chosen candidate, the most useful first."""
    served = _served(chosen, costs, weighted)
    earned = _earned(chosen, served, costs)
    alone = ((one, w) for one in chosen for w in served[one.number] if w.field.thorough)
    costs.ask(Question(w.field.query, frozenset({one.number})) for one, w in alone)
    made = [
        replace(
            _proposal(one, served[one.number], costs, earned, replaced.get(one.number, ()), shapes),
            why_not_less=_less(one, served[one.number], costs, definitions),
        )
        for one in chosen
    ]
    return tuple(sorted(made, key=lambda p: (-p.benefit.time_saved_ms_per_day, p.id)))


def _served(chosen: Sequence[Chosen], costs: Costs, weighted: Sequence[Weighted]) -> dict[int, list[Weighted]]:
    """Return, per chosen candidate, the queries whose plan uses it and takes less than before."""
    found: dict[int, list[Weighted]] = {one.number: [] for one in chosen}
    for query in weighted if chosen else ():
        outcome = costs.outcome(query.field.query, chosen[0].all & query.field.shown)
        for number in sorted(outcome.used) if outcome and left(query, outcome.cost, outcome.estimated) < 1 else ():
            found[number].append(query)
    return found


def _earned(
    chosen: Sequence[Chosen], served: Mapping[int, list[Weighted]], costs: Costs
) -> Mapping[tuple[int, str], float]:
    """Return what each chosen candidate saves each query that reads it, by number and query."""
    readers: dict[str, tuple[Weighted, list[int]]] = {}
    for one in chosen:
        for query in served[one.number]:
            readers.setdefault(query.field.query, (query, []))[1].append(one.number)
    return {
        (number, name): saving
        for name, (query, users) in readers.items()
        for number, saving in credits(query, chosen[0].all, users, costs).items()
    }


def _proposal(
    one: Chosen,
    served: list[Weighted],
    costs: Costs,
    earned: Mapping[tuple[int, str], float],
    replaces: tuple[str, ...],
    shapes: Mapping[str, QueryShape],
) -> IndexProposal:
    definition = one.suggestion.definition
    queries = tuple(
        sorted((_query_benefit(one, w, costs, earned) for w in served), key=lambda q: -q.time_saved_ms_per_day)
    )
    basis: Basis = queries[0].basis if queries else "generic"
    return IndexProposal(
        id=proposal_id("create", definition),
        action="replace" if replaces else "create",
        name=definition.name,
        definition=definition,
        size=one.size,
        benefit=_benefit(one, served, queries, costs),
        write_cost=one.write_cost,
        queries=queries,
        basis=basis,
        confidence=_confidence(one.suggestion, basis),
        replaces=replaces,
        reason=_reason(one, queries, basis, replaces, shapes),
        requires=one.suggestion.requires,
    )


def _query_benefit(one: Chosen, query: Weighted, costs: Costs, earned: Mapping[tuple[int, str], float]) -> QueryBenefit:
    name, shown = query.field.query, one.all & query.field.shown
    cost = cost_with(query, shown, costs)
    basis = max((statement.basis for statement in costs.statements[name]), key=lambda b: RANK[b])
    return QueryBenefit(name, query.cost, cost, earned[one.number, name], basis)


def _benefit(one: Chosen, served: list[Weighted], queries: tuple[QueryBenefit, ...], costs: Costs) -> Benefit:
    alone = 0.0
    for query in served:
        alone += query.time * max(1 - left_with(query, frozenset({one.number}), costs), 0.0)
    weights = {query.field.query: query.time / query.cost for query in served}
    before = sum(q.cost_before * weights[q.query] for q in queries)
    after = sum(q.cost_after * weights[q.query] for q in queries)
    percent = max(100 * (before - after) / before, 0.0) if before else 0.0
    return Benefit(sum(q.time_saved_ms_per_day for q in queries), alone, before, after, percent)


def _confidence(suggestion: Suggestion, basis: Basis) -> Confidence:
    if WARNING in suggestion.rests_on:
        return "low"
    if basis == "generic":
        return "low" if suggestion.definition.where else "medium"
    return "high" if basis == "logged" else "medium"


def _reason(
    one: Chosen,
    queries: tuple[QueryBenefit, ...],
    basis: Basis,
    replaces: tuple[str, ...],
    shapes: Mapping[str, QueryShape],
) -> str:
    definition, count = one.suggestion.definition, len(queries)
    words = [purpose(definition, [shapes[query.query] for query in queries if query.query in shapes])]
    words.append(f"serves {count} quer{'y' if count == 1 else 'ies'}")
    if queries:
        best = queries[0]
        words[-1] += f", the first from cost {best.cost_before:.0f} to {best.cost_after:.0f}"
    if one.suggestion.rests_on:
        words.append(one.suggestion.rests_on)
    if definition.where and basis == "generic":
        words.append("unverified: its predicate rests on a plan without values")
    if replaces:
        words.append(f"makes {', '.join(replaces)} redundant")
    return "; ".join(word for word in words if word)


def _less(one: Chosen, served: list[Weighted], costs: Costs, definitions: Sequence[IndexDefinition]) -> dict[str, str]:
    """Return the simpler candidates the planner was shown for the heaviest query, with what they leave it at."""
    if not served:
        return {}
    query = max(served, key=lambda w: (w.time, w.field.query))
    found = {}
    for used, outcome in costs.known(query.field.query):
        others = [definitions[number] for number in used]
        if len(others) == 1 and simpler(one.suggestion.definition, others[0]):
            found[key_list(others[0])] = f"leaves the heaviest query at cost {outcome.cost:.0f}"
    return dict(sorted(found.items())[:5])
