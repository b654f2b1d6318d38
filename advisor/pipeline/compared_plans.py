"""The plans of the queries that proposals serve, before and after: what a report draws side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from advisor.indexes.proposal import IndexProposal
from advisor.output.report import ComparedPlans
from advisor.twin.plan import PlanNode
from advisor.twin.start import Twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask

MOST = 100
"""Queries whose plans are kept: those that gain most."""


def compared_plans(
    proposals: Sequence[IndexProposal], statements: Mapping[str, Sequence[BoundStatement]], twin: Twin
) -> tuple[ComparedPlans, ...]:
    """Return both plans of each query served, for its weightiest statement; none of a query that is refused."""
    created = [proposal for proposal in proposals if proposal.action != "drop"]
    served = [query for query in _served(created) if statements.get(query)][:MOST]
    if not served:
        return ()
    names = twin.what_if.build({proposal.definition: proposal.size for proposal in created})
    shown = frozenset(name for name in names.values() if isinstance(name, str))
    hidden = frozenset(_gone(proposals) & _plannable(twin))
    first = [max(statements[query], key=lambda statement: statement.weight) for query in served]
    before = twin.what_if.plan([Ask(statement) for statement in first])
    after = twin.what_if.plan([Ask(statement, shown, hidden) for statement in first])
    return tuple(
        ComparedPlans(query, old, new)
        for query, old, new in zip(served, before, after, strict=True)
        if isinstance(old, PlanNode) and isinstance(new, PlanNode)
    )


def _served(created: Sequence[IndexProposal]) -> list[str]:
    """Return the ids of the queries served, by what all proposals together save them."""
    saved: dict[str, float] = defaultdict(float)
    for proposal in created:
        for benefit in proposal.queries:
            saved[benefit.query] += benefit.time_saved_ms_per_day
    return sorted(saved, key=lambda query: (-saved[query], query))


def _gone(proposals: Sequence[IndexProposal]) -> set[str]:
    """Return the full names of the indexes that go."""
    replaced = {f"{one.definition.schema}.{old}" for one in proposals for old in one.replaces}
    return replaced | {one.full_name for one in proposals if one.action == "drop"}


def _plannable(twin: Twin) -> set[str]:
    """Return the full names of the indexes that the planner knows: an invalid one it does not."""
    return {index.full_name for table in twin.schema.tables.values() for index in table.indexes if index.valid}
