"""What somebody decided against: left out once the choice is made, so that no near twin of it comes up instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.catalog.index import IndexDefinition
from advisor.indexes.costing.costing import Costs
from advisor.indexes.costing.weighted import Weighted
from advisor.indexes.decision import Decision
from advisor.indexes.proposal import Rejected, WhyNot, proposal_id


def rejecting(definition: IndexDefinition, decisions: Sequence[Decision], drop: str = "") -> Decision | None:
    """Return the decision against an index, `None` where there is none; `drop` names an existing one that would go."""
    identifier = proposal_id("drop" if drop else "create", definition, drop)
    return next((one for one in decisions if one.means(identifier, definition, drop=bool(drop))), None)


def rejected(
    wanted: frozenset[int], definitions: Sequence[IndexDefinition], decisions: Sequence[Decision]
) -> Mapping[int, Rejected]:
    """Return those of the chosen candidates that somebody decided against, by number."""
    found = {}
    for number in sorted(wanted) if decisions else ():
        definition = definitions[number]
        if decision := rejecting(definition, decisions):
            found[number] = Rejected(proposal_id("create", definition), definition, definition.name, decision)
    return found


def reasons(
    missing: Sequence[WhyNot],
    weighted: Sequence[Weighted],
    wanted: frozenset[int],
    out: Mapping[int, Rejected],
    costs: Costs,
) -> tuple[WhyNot, ...]:
    """Return the reasons, the decision where a query would read what somebody decided against."""
    told = {}
    for one in weighted if out else ():
        outcome = costs.outcome(one.field.query, wanted & one.field.shown)
        if readers := sorted(outcome.used & out.keys()) if outcome else []:
            entry = out[readers[0]]
            told[one.field.query] = f"{entry.name} ({entry.id}) would serve it, and was rejected: {entry.decision.told}"
    return tuple(WhyNot(w.query, "rejected", told[w.query]) if w.query in told else w for w in missing)
