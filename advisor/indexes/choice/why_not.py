"""For every heavy query without a proposal: one line that says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from advisor.analysis.shape import QueryShape
from advisor.indexes.choice.hints import hint, written_so
from advisor.indexes.costing.configurations import configurations, gains
from advisor.indexes.costing.costing import Costs, Outcome
from advisor.indexes.costing.weighted import Weighted
from advisor.indexes.gather_candidates import Candidates
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import IndexProposal, WhyNot
from advisor.workload.model import Query, Workload

HEAVY = 0.005
"""Share of the workload's time from which a query is heavy."""
MANY = 1000
"""Rows a call from which on reading a whole table is no wonder."""
AT_LEAST = 10
"""Queries explained in any case, heaviest first."""


def why_not(
    workload: Workload,
    shapes: Mapping[str, QueryShape],
    costs: Costs,
    candidates: Candidates,
    weighted: Sequence[Weighted],
    proposals: Sequence[IndexProposal],
    options: AdviseOptions,
) -> tuple[WhyNot, ...]:
    """Return the reasons, heaviest query first."""
    served = {benefit.query for proposal in proposals for benefit in proposal.queries}
    total = sum(query.total_ms for query in workload.queries)
    heavy = [
        query for place, query in enumerate(workload.queries) if place < AT_LEAST or query.total_ms >= HEAVY * total
    ]
    found = {one.field.query: one for one in weighted}
    full = _full(proposals, options)
    return tuple(
        _limited(_reason(query, shapes.get(query.id), costs, candidates, found.get(query.id), options), shapes, full)
        for query in heavy
        if query.id not in served
    )


def _full(proposals: Sequence[IndexProposal], options: AdviseOptions) -> Mapping[tuple[str, str], int]:
    """Return the tables that get as many new indexes as one may."""
    made = Counter((one.definition.schema, one.definition.table) for one in proposals if one.action != "drop")
    return {place: count for place, count in made.items() if count >= options.max_per_table}


def _limited(why: WhyNot, shapes: Mapping[str, QueryShape], full: Mapping[tuple[str, str], int]) -> WhyNot:
    """Return the reason, the limit of new indexes per table where that is what decided."""
    places = [(one.schema, one.table) for one in shapes[why.query].tables] if why.query in shapes else []
    place = next((place for place in places if place in full), None)
    if why.reason != "write-cost" or place is None:
        return why
    text = f"{place[1]} gets {full[place]} new indexes already, which save more: that is the most for one table"
    return WhyNot(why.query, "table-full", text)


def _reason(
    query: Query,
    shape: QueryShape | None,
    costs: Costs,
    candidates: Candidates,
    weighted: Weighted | None,
    options: AdviseOptions,
) -> WhyNot:
    if shape is None:
        return WhyNot(query.id, "not-parseable", query.unparsed or "its text could not be analysed")
    if not shape.tables:
        return WhyNot(query.id, "no-table", "it reads no table")
    if all(occurrence.role == "insert" for occurrence in shape.tables):
        return WhyNot(query.id, "write", "it only inserts: an index would add to its cost")
    if query.id in costs.refused or weighted is None:
        return WhyNot(query.id, "no-plan", costs.refused.get(query.id, "there is no way to plan it"))
    refused = candidates.refused.get(query.id, ())
    if not any(note.startswith("too-small") for note in refused) and (found := hint(query.id, shape)):
        return found
    if not candidates.relevant.get(query.id):
        return _without_candidates(query, shape, refused, costs)
    return _without_proposal(query, shape, costs, candidates, options)


def _without_candidates(query: Query, shape: QueryShape, refused: tuple[str, ...], costs: Costs) -> WhyNot:
    served = [note.partition(" ")[2] for note in refused if note.startswith("already-served")]
    if "small-share" in refused:
        why = "together with the queries that want the same indexes it takes too small a share of the time"
        return WhyNot(query.id, "small-share", why)
    small = [note.partition(" ")[2] for note in refused if note.startswith("too-small")]
    if served:
        return WhyNot(query.id, "already-served", f"{', '.join(served)} serves it already")
    if small:
        return WhyNot(query.id, "too-small", f"{', '.join(small)}: a scan of so small a table costs less than an index")
    if long := [note.partition(" ")[2] for note in refused if note.startswith("too-long")]:
        why = f"{', '.join(long)} holds values too long for a b-tree: the next one could fail an INSERT"
        return WhyNot(query.id, "too-long", why)
    outcome = costs.outcome(query.id)
    if outcome and outcome.existing:
        return WhyNot(query.id, "already-served", f"the planner uses {_used(query, outcome)}")
    tables = ", ".join(sorted({occurrence.table for occurrence in shape.tables}))
    return WhyNot(query.id, "no-condition", f"no condition, join or order an index on {tables} could serve")


def _used(query: Query, outcome: Outcome) -> str:
    """Return the indexes of a plan, with its cost and the time that was measured."""
    time = f", {query.mean_ms:.3g} ms a call" if query.total_ms else ""
    return f"{', '.join(sorted(outcome.existing))} at cost {outcome.cost:,.0f}{time}"


def _whole(query: Query, tried: int) -> tuple[str, str]:
    """Return why no candidate helps: that it reads much of a table is only said where its rows were counted."""
    per_call = query.rows / query.calls if query.rows is not None and query.calls else None
    none = f"none of {tried} candidates lowers its cost by 5 %"
    if per_call is None or per_call < MANY:
        return "no-better-plan", none
    return "whole-table", f"it returns {per_call:,.0f} rows a call; {none}"


def _without_proposal(
    query: Query, shape: QueryShape, costs: Costs, candidates: Candidates, options: AdviseOptions
) -> WhyNot:
    outcome = costs.outcome(query.id)
    shown = frozenset(i for i in candidates.relevant[query.id] if i in costs.names)
    if not gains(costs, query.id, shown, options.min_gain):
        if outcome and outcome.existing:
            why = f"the planner uses {_used(query, outcome)}; none of {len(shown)} candidates beats it"
            return WhyNot(query.id, "already-served", why)
        if found := written_so(query.id, shape):
            return found
        return WhyNot(query.id, *_whole(query, len(shown)))
    best = configurations(costs, query.id)[0]
    if outcome and best.cost > outcome.estimated * (1 - options.min_gain):
        why = "the plans that its indexes lead the planner to cost less but take longer: they visit the heap too often"
        return WhyNot(query.id, "slower", why)
    if outcome and options.budget is not None:
        return WhyNot(
            query.id, "budget", f"cost could fall from {outcome.cost:.0f} to {best.planned:.0f}, at a larger budget"
        )
    return WhyNot(
        query.id, "write-cost", "what it would save is less than what the index costs on writes, or too small a share"
    )
