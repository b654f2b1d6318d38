"""The shape of a plan: what a reviewer would call the same plan, as readable lines.

Costs, literals and aliases are left out; Gather, Gather Merge and the split of an aggregate over workers are collapsed,
since whether a plan runs in parallel depends on sizes that drift.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from advisor.twin.plan import PlanNode

_TRANSPARENT = {"Gather", "Gather Merge", "Materialize", "Memoize"}


def shape_lines(plan: PlanNode) -> tuple[str, ...]:
    """Return one line per node, in pre-order, indented by depth."""
    names = {node.alias: node.relation for node in plan.walk() if node.alias and node.relation}
    return tuple(_lines(plan, 0, names))


def _lines(node: PlanNode, depth: int, names: Mapping[str, str]) -> Iterator[str]:
    inner = node.detail.get("Partial Mode") == "Partial"
    visible = node.node_type not in _TRANSPARENT and not inner
    if visible:
        yield "  " * depth + _describe(node, names)
    for child in node.children:
        yield from _lines(child, depth + visible, names)


def _describe(node: PlanNode, names: Mapping[str, str]) -> str:
    words = [node.node_type]
    if join := node.detail.get("Join Type"):
        words.append(f"[{join}]")
    if node.relation:
        words.append(node.relation)
    if node.index:
        words.append(f"using {node.index}")
    if keys := node.detail.get("Sort Key"):
        words.append("by " + ", ".join(_canonical(key, names) for key in keys))
    return " ".join(words)


def _canonical(key: str, names: Mapping[str, str]) -> str:
    return re.sub(r'\b(\w+)\.(?=[\w"])', lambda match: f"{names.get(match[1], match[1])}.", key)
