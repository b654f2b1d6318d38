"""All rows of a large table are returned, or passed over."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.judged_plan import LARGE, Subject
from advisor.twin.plan import PlanNode

_PASSING = frozenset(
    {"Sort", "Incremental Sort", "Gather", "Gather Merge", "Append", "Merge Append", "Subquery Scan", "Result"}
)
SKIPPED = 0.5
"""Share of a table that an OFFSET reads, from which it is worth a word."""


def find(subject: Subject) -> Iterator[str]:
    """Yield a clause where the statement returns a large table as it stands, or skips most of it."""
    node = subject.root
    limited = node.node_type == "Limit"
    while node.children and (node.node_type in _PASSING or node.node_type == "Limit"):
        node = node.children[0]
    rows = subject.rows(node)
    if rows < LARGE:
        return
    table = subject.named(node.relation or "")
    if not limited and _plain(node) and subject.root.rows >= SKIPPED * rows:
        yield f"it returns about {subject.root.rows:,.0f} rows of {table}, without any LIMIT"
    if limited and subject.root.startup_cost >= SKIPPED * node.total_cost and node.node_type != "Sort":
        yield f"its OFFSET reads and skips most of {table} ({rows:,.0f} rows)"


def _plain(node: PlanNode) -> bool:
    return node.node_type.endswith("Scan") and not node.children
