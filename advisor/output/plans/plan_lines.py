"""A plan as a person reads EXPLAIN: one line a node, its conditions below it."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.twin.plan import PlanNode

DETAILS = (
    "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Sort Key", "Presorted Key",
    "Group Key",
)  # fmt: skip
"""Properties that are shown, by the names EXPLAIN gives them and in this order."""


def plan_lines(node: PlanNode, depth: int = 0) -> Iterator[str]:
    """Yield the lines of a plan, indented by the depth of each node."""
    indent = "  " * depth
    using = f" using {node.index}" if node.index else ""
    on = f" on {node.relation}" if node.relation else ""
    alias = f" {node.alias}" if node.alias and node.alias != node.relation else ""
    figures = f"cost={node.startup_cost:.2f}..{node.total_cost:.2f} rows={node.rows:.0f}"
    yield f"{indent}{'-> ' if depth else ''}{node.node_type}{using}{on}{alias}  ({figures})"
    for name in DETAILS:
        if value := node.detail.get(name):
            yield f"{indent}     {name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
    for child in node.children:
        yield from plan_lines(child, depth + 1)
