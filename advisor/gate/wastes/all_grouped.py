"""All rows of a large table are read to be grouped, made distinct or numbered."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.judged_plan import LARGE, Subject
from advisor.twin.plan import PlanNode

_GROUPING = frozenset({"Aggregate", "Group", "Unique", "SetOp", "WindowAgg"})
_PASSING = frozenset({"Sort", "Incremental Sort", "Gather", "Gather Merge", "Append", "Subquery Scan", "Result"})
SHARE = 0.5
"""Share of a table's rows from which on all of it is grouped."""


def find(subject: Subject) -> Iterator[str]:
    """Yield a clause per table of which most rows go into an aggregate, unsearched."""
    for node in subject.root.walk():
        if node.node_type in _GROUPING and node.children:
            below = node.children[0]
            while below.node_type in _PASSING and below.children:
                below = below.children[0]
            rows = subject.rows(below)
            if rows >= LARGE and below.rows >= SHARE * rows and _unsearched(below):
                yield f"all of {subject.named(below.relation or '')} ({rows:,.0f} rows) is read to be grouped"


def _unsearched(node: PlanNode) -> bool:
    return node.node_type.endswith("Scan") and not node.detail.get("Index Cond")
