"""A large table is read whole for a join that keeps few of its rows."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.judged_plan import LARGE, Subject
from advisor.twin.plan import PlanNode

KEPT = 0.05
"""Share of the table's rows up to which reading it whole for a join is a waste."""
_JOINS = frozenset({"Hash Join", "Merge Join"})
_PASSING = frozenset({"Hash", "Sort", "Materialize", "Gather", "Gather Merge"})


def find(subject: Subject) -> Iterator[str]:
    """Yield a clause per table."""
    for node in subject.root.walk():
        for child in node.children if node.node_type in _JOINS else ():
            scan = _below(child)
            rows = subject.rows(scan)
            whole = scan.node_type.endswith("Scan") and not scan.detail.get("Index Cond")
            if whole and rows >= LARGE and scan.rows >= 0.5 * rows and node.rows <= KEPT * rows:
                table = subject.named(scan.relation or "")
                yield f"{table} ({rows:,.0f} rows) is read whole for a join that keeps about {node.rows:,.0f} rows"


def _below(node: PlanNode) -> PlanNode:
    while node.node_type in _PASSING and node.children:
        node = node.children[0]
    return node
