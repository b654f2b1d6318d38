"""The outline of a plan: its nodes in order with what they read, and nothing that a fresh ANALYZE changes."""

from __future__ import annotations

from advisor.twin.plan import PlanNode

Outline = tuple[tuple[int, str, str, str], ...]
"""Depth, kind of node, table and index of each node, from the top down."""


def outline(plan: PlanNode) -> Outline:
    """Return the outline: two plans with the same one do the same, whatever was estimated."""
    return tuple(_nodes(plan, 0))


def _nodes(node: PlanNode, depth: int) -> list[tuple[int, str, str, str]]:
    kind = " ".join(str(part) for part in (node.node_type, *_manner(node)) if part)
    own = (depth, kind, f"{node.schema or ''}.{node.relation}" if node.relation else "", node.index or "")
    return [own, *(below for child in node.children for below in _nodes(child, depth + 1))]


def _manner(node: PlanNode) -> tuple[str, ...]:
    """Return what tells one node of a kind from another: `Left`, `Hashed`, `Partial`, `Anti`."""
    return tuple(str(node.detail.get(name, "")) for name in ("Join Type", "Strategy", "Partial Mode", "Scan Direction"))
