"""Whether the planner, on the twin, takes an index for the queries a proposal claims it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from advisor.indexes.proposal import IndexProposal
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, WhatIf


@dataclass(frozen=True, slots=True)
class Use:
    """One claimed query, and whether any of its statements is planned with the index."""

    query: str
    used: bool


PlanCheck = Callable[[IndexProposal], Sequence[Use]]
"""Answers for a proposal which of the queries it claims really use its index."""


def use_on_twin(
    what_if: WhatIf, statements: Mapping[str, Sequence[BoundStatement]], proposals: Sequence[IndexProposal]
) -> PlanCheck:
    """Return the check that plans every claimed query with all proposals in place and all replaced indexes gone."""
    created = [proposal for proposal in proposals if proposal.action != "drop"]
    names = what_if.build({proposal.definition: proposal.size for proposal in created})
    shown = {name for name in names.values() if isinstance(name, str)}
    gone = {old for proposal in created for old in proposal.replaces}
    gone |= {proposal.name for proposal in proposals if proposal.action == "drop"}

    def check(proposal: IndexProposal) -> list[Use]:
        name = names.get(proposal.definition)
        asked = [
            (benefit.query, Ask(statement, frozenset(shown), frozenset(gone)))
            for benefit in proposal.queries
            for statement in statements.get(benefit.query, ())
        ]
        plans = what_if.plan([ask for _, ask in asked])
        using = {
            query
            for (query, _), plan in zip(asked, plans, strict=True)
            if isinstance(plan, PlanNode) and name in plan.indexes
        }
        return [Use(query, query in using) for query in sorted({query for query, _ in asked})]

    return check
