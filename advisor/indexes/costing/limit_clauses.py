"""How much of a plan a LIMIT may have to run: all that it throws away, if the rows that match lie last.

The planner takes matching rows to be spread evenly, and stops a plan that walks an order after its part of it. Where
rows are thrown away on the walk, that is a gamble: open shipments all fall due late, the owner's notes are all old. The
bound is what the walk takes when everything it discards comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.indexes.costing.heaps import Heaps, fetched
from advisor.twin.plan import PlanNode

BLOCKING = frozenset({"Sort", "Hash", "Materialize"})
"""Nodes that read all that lies below before they yield a row."""
_JOINS = frozenset({"Nested Loop", "Merge Join", "Hash Join"})


def walked(node: PlanNode, part: float, heaps: Heaps | None) -> float:
    """Return the share of a node's work, 0 to 1, that yields `part` of its rows if those come last."""
    kept = 1.0
    for one in streamed(node):
        kept *= _kept(one, heaps)
    return part if kept == 1 else max(part, 1 - kept * (1 - part))


def streamed(node: PlanNode) -> Iterator[PlanNode]:
    """Yield a node and those below it that give it their rows one by one, the outer side of joins only."""
    while True:
        yield node
        if not node.children or node.node_type in BLOCKING:
            return
        node = node.children[0]


def _kept(node: PlanNode, heaps: Heaps | None) -> float:
    """Return the share of the rows that a node reads in an order and does not throw away, as far as that is known."""
    if node.node_type in _JOINS:
        return min(node.rows / max(node.children[0].rows, 1.0), 1.0)
    if node.index is None or not node.node_type.startswith("Index"):
        return 1.0
    heap = heaps.behind(node.index) if heaps else None
    condition = node.detail.get("Index Cond")
    if heap is None:
        return 0.0 if "Filter" in node.detail and condition is None else 1.0
    if condition is not None and heap.leading and not _names(heap.leading, str(condition)):
        return min(node.rows / heap.rows, 1.0)
    return min(node.rows / max(fetched(node, heap), 1.0), 1.0) if "Filter" in node.detail else 1.0


def _names(column: str, condition: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(column)}(?![\w])", condition) is not None
