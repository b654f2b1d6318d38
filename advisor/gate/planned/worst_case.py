"""What a plan costs at worst: a LIMIT over rows in order that are filtered may have to read them all."""

from __future__ import annotations

from advisor.twin.plan import PlanNode

_ORDERED = frozenset({"Index Scan", "Index Only Scan", "Seq Scan", "Append", "Merge Append", "Nested Loop"})
"""Nodes that give rows one by one, so that a LIMIT above ends them early."""


def worst_cost(plan: PlanNode) -> float:
    """Return the plan's cost if no LIMIT ended it early, where one does so above a filter; else its own cost."""
    return max((_whole(node) for node in plan.walk() if node.node_type == "Limit"), default=plan.total_cost)


def _whole(limit: PlanNode) -> float:
    below = limit
    while below.children and below.node_type in ("Limit", "LockRows", "Result", "Incremental Sort"):
        below = below.children[0]
    hopes = below.node_type in _ORDERED and any(node.detail.get("Filter") for node in below.walk())
    return max(below.total_cost, limit.total_cost) if hopes else limit.total_cost
