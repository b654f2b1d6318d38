"""One of `explained[]` of the JSON report."""

from __future__ import annotations

from typing import Any

from advisor.indexes.proposal import Explained
from advisor.output.plans.plan_lines import plan_lines


def explained_document(one: Explained) -> dict[str, Any]:
    """Return what was tried for one query as plain values, plans as lines of EXPLAIN."""
    return {
        "query": one.query,
        "reason": one.reason,
        "cost_before": one.cost[0],
        "cost_after": one.cost[1],
        "estimated_before": one.estimated[0],
        "estimated_after": one.estimated[1],
        "plan_before": list(plan_lines(one.before)) if one.before else [],
        "plan_after": list(plan_lines(one.after)) if one.after else [],
        "tried": [
            {"index": tried.index, "cost": tried.cost, "estimated": tried.estimated, "outcome": tried.outcome}
            for tried in one.tried
        ],
    }
