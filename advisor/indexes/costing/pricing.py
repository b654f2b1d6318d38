"""The time model: what a plan costs when every visit of the heap is paid for, and when a LIMIT finds its rows late.

For example a nested loop that looks up 10 000 rows, one each, in a table of 50 000 pages whose rows lie in no order.
The planner spreads the pages over the loops and takes an inner scan to cost 0.45: 4 500 in all. Here each lookup
visits one page of the heap and one of the index (of 2 500 pages): far(50 000) = 0.92 and far(2 500) = 0.38 visits that
the processor's caches do not spare, 1.30 x VISIT = 0.98, and 10 000 of these are 9 800. A hash join at 6 000, which
the planner holds to be dearer, is the faster plan by this model, and in the measurements.

The planner counts a heap page once, however often a plan comes back to it, and spreads the pages of an inner index
scan over the loops it expects at most, not over those the plan makes (`index_pages_fetched`, `get_loop_count`). A plan
of millions of visits to cached pages is cheap to it. Measured, each such visit takes as long as a good part of a
sequential page: see `VISIT`. So a plan is priced anew, from what EXPLAIN says and the statistics of its columns: an
index scan costs at least `VISIT` for each page it goes to, as often as it is run. The plan stays the planner's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from advisor.indexes.costing.composite_joins import Relation, aliases, parallel_divisor, underestimate
from advisor.indexes.costing.heaps import NAME, Heaps, fetched
from advisor.indexes.costing.limit_clauses import BLOCKING, streamed, walked
from advisor.twin.plan import PlanNode

VISIT = 0.75
"""Units that one visit of a page out of order takes at least, in a table far larger than the processor's caches.

`python -m benchmarks.heap_visits` measures 0.4 to 1.6 with the table in shared_buffers and 0.8 to 1.8 with three
quarters of it in the cache of the operating system, a unit being what sequential scans take per unit of their cost.
"""
TUPLE = 0.015
"""Units to look at one row and to check a range on it (`cpu_tuple_cost` and two `cpu_operator_cost`)."""
SCATTERED = 0.1
"""Scatter up to which the rows of a range stand together."""
NEAR = 4096
"""Pages of a relation where the processor's caches spare half the visits.

Measured in the same way: a visit takes 0.06 to 0.2 units in a table of 308 pages, 0.14 to 0.5 in one of 3 077.
"""
_OUTER = re.compile(rf"= \(?(?P<alias>{NAME})\.(?P<column>{NAME})")
_SCANS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan"})


@dataclass(frozen=True, slots=True)
class Price:
    """What a node takes more than the planner says."""

    start: float
    """Units until the first row."""
    total: float
    """Units for all rows."""
    more: float = 1.0
    """How many times more rows it yields."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What is known of the runs of a node below a loop."""

    order: float = 0.0
    """How far they follow each other in the order of the index: 1 where each goes on where the last ended."""
    rows: float = 0.0
    """Rows that each yields at least."""


ONE = Runs()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one plan is read with."""

    heaps: Heaps | None
    relations: Mapping[str, Relation]
    """By alias."""
    processes: float
    """The plan's parallel divisor."""


def estimated_time(plan: PlanNode, heaps: Heaps | None) -> float:
    """Return what the plan costs with every visit of the heap paid for, in planner units; `None` leaves these out."""
    reading = Reading(heaps, aliases(plan, heaps.relation) if heaps else {}, parallel_divisor(plan))
    return plan.total_cost + _extra(plan, reading).total


def _extra(node: PlanNode, reading: Reading, runs: Runs = ONE) -> Price:
    """Return what one run of a node costs more than the planner says."""
    more = underestimate(node, reading.relations, reading.processes)
    below = [(child, _extra(child, reading, _runs(node, child, more, reading) or runs)) for child in node.children]
    if node.node_type == "Limit" and below:
        return _limited(node, *below[0], reading.heaps)
    start = total = 0.0
    for child, extra in below:
        times = _times(node, child)
        again = below[0][1].more if times > 1 and _looped(node, child) else 1.0
        total += times * (again * extra.total + (again - 1) * child.total_cost)
        start += extra.total if child.node_type == "Hash" else extra.start
    if node.node_type in BLOCKING or (node.node_type == "Aggregate" and node.detail.get("Strategy") != "Sorted"):
        start = total
    own = max(visits(node, reading.heaps, runs) * VISIT - node.total_cost, 0.0)
    own -= block_ranges(node, reading)
    return Price(start, total + own, more * below[0][1].more if below and node.node_type != "Aggregate" else 1.0)


def _times(node: PlanNode, child: PlanNode) -> float:
    """Return how often a node runs one of its children, as far as its cost tells."""
    kind = child.detail.get("Parent Relationship")
    if kind == "SubPlan":
        return max((node.total_cost - node.startup_cost) / max(child.total_cost, 0.01), 1.0)
    if not _looped(node, child) or child.node_type in BLOCKING:
        return 1.0
    outer = node.children[0]
    paid = (node.total_cost - outer.total_cost) / max(child.total_cost, 0.01)
    return max(min(outer.rows, paid), 1.0)


def _looped(node: PlanNode, child: PlanNode) -> bool:
    return node.node_type == "Nested Loop" and child.detail.get("Parent Relationship") == "Inner"


def _runs(node: PlanNode, child: PlanNode, more: float, reading: Reading) -> Runs | None:
    """Return how the inner side of a loop is run; `None` for other children."""
    if reading.heaps is None or not _looped(node, child):
        return None
    rows = more * node.rows / max(node.children[0].rows, 1.0) if more > 1 else 0.0
    return Runs(_order(node, child, reading.heaps), rows)


def _order(node: PlanNode, child: PlanNode, heaps: Heaps) -> float:
    """Return how far the outer rows of a nested loop come in the order of the column that its inner side looks up."""
    condition = next((str(n.detail["Index Cond"]) for n in child.walk() if "Index Cond" in n.detail), "")
    *_, first = streamed(node.children[0])
    match = _OUTER.search(condition)
    if match is None or first.relation is None or match["alias"].strip('"') != (first.alias or first.relation):
        return 0.0
    return heaps.order(first, match["column"].strip('"'))


def _limited(node: PlanNode, child: PlanNode, extra: Price, heaps: Heaps | None) -> Price:
    """Return the extra of a LIMIT: its part of what lies below, and what it takes if the rows that match lie last."""
    whole = child.total_cost - child.startup_cost
    part = min(max((node.total_cost - child.startup_cost) / whole, 0.0), 1.0) if whole > 0 else 1.0
    later = walked(child, part, heaps)
    total = extra.start + later * (extra.total - extra.start) + (later - part) * whole
    return Price(extra.start, max(total, 0.0), extra.more)


def visits(node: PlanNode, heaps: Heaps | None, runs: Runs = ONE) -> float:
    """Return how many far pages one run of an index or bitmap scan goes to, a page again each time it comes back."""
    name = next((one.index for one in node.walk() if one.index), None) if node.node_type in _SCANS else None
    heap = heaps.behind(name) if name and heaps else None
    if heap is None:
        return 0.0
    leaf = (1 - runs.order) * far(heap.index_pages)
    if node.node_type == "Index Only Scan":
        return leaf
    rows = node.rows if node.node_type == "Index Scan" else min(node.children[0].rows, heap.pages)
    if node.node_type == "Index Scan":
        rows = max(fetched(node, heap), runs.rows)
    first = min(rows, 1.0) * (1 - runs.order * (1 - heap.scatter))
    more = max(rows - 1, 0.0) * (heap.scatter + (1 - heap.scatter) * heap.pages / heap.rows)
    return leaf + (first + more) * far(heap.pages)


def block_ranges(node: PlanNode, reading: Reading) -> float:
    """Return what a bitmap scan by a block-range index costs less than the planner says; 0 for other nodes.

    The planner takes the rows it fetches to be spread over the whole table (`compute_bitmap_pages`). Where the column
    follows the table's order they are not: whole ranges of pages are read one after the other.
    """
    index = node.children[0] if node.node_type == "Bitmap Heap Scan" and node.children else None
    heap = reading.heaps.behind(index.index) if index and index.index and reading.heaps else None
    if index is None or heap is None or heap.method != "brin" or heap.scatter > SCATTERED:
        return 0.0
    rows = min(index.rows, heap.rows)
    processes = reading.processes if node.detail.get("Parallel Aware") else 1.0
    real = index.total_cost + heap.pages * rows / heap.rows + rows * TUPLE / processes
    return max(node.total_cost - real, 0.0)


def far(pages: float) -> float:
    """Return the share of visits to a relation of this size that the processor's caches do not spare."""
    return pages / (pages + NEAR)
