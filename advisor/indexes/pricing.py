"""The time model: what a plan costs when every visit of the heap is paid for, and when a LIMIT finds its rows late.

The planner counts a heap page once, however often a plan comes back to it, and spreads the pages of an inner index
scan over the loops it expects at most, not over those the plan makes (`index_pages_fetched`, `get_loop_count`). A plan
of millions of visits to cached pages is cheap to it. Measured, each such visit takes as long as a good part of a
sequential page: see `VISIT`. So a plan is priced anew, from what EXPLAIN says and the statistics of its columns: an
index scan costs at least `VISIT` for each page it goes to, as often as it is run. The plan stays the planner's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.indexes.composite import Relation, aliases, parallel_divisor, relations, underestimate
from advisor.twin.plan import PlanNode

VISIT = 0.75
"""Units that one visit of a page out of order takes at least, in a table far larger than the processor's caches.

`python -m benchmarks.heap_visits` measures 0.4 to 1.6 with the table in shared_buffers and 0.8 to 1.8 with three
quarters of it in the cache of the operating system, a unit being what sequential scans take per unit of their cost.
"""
NEAR = 4096
"""Pages of a relation where the processor's caches spare half the visits.

Measured in the same way: a visit takes 0.06 to 0.2 units in a table of 308 pages, 0.14 to 0.5 in one of 3 077.
"""
GAMBLE = 5.0
"""How many times costlier than estimated a plan is held to be that discards rows until a LIMIT is reached."""
_NAME = r'"(?:[^"]|"")+"|[^\W\d][\w$]*'
_EQUAL = re.compile(rf"\(\(?(?P<column>{_NAME})\)?(?:::[\w ]+)? = (?!ANY)")
_OUTER = re.compile(rf"= \(?(?P<alias>{_NAME})\.(?P<column>{_NAME})")
_SCANS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_BLOCKING = frozenset({"Sort", "Hash", "Materialize"})


@dataclass(frozen=True, slots=True)
class Heap:
    """What is known of the table behind an index."""

    rows: float
    pages: float
    columns: Mapping[str, float]
    """Distinct values of the leading key columns, in order, as far as the keys are columns."""
    scatter: float
    """Share of the entries, read in order, whose row lies on another page than the one before: 1 is no order at all."""
    index_pages: float = 0.0


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


class Heaps:
    """The tables behind indexes, by the name an index has on the twin."""

    def __init__(self, schema: Schema, statistics: Statistics) -> None:
        self.relations = relations(schema, statistics)
        self._statistics = statistics
        self._tables = {table.name: (table.schema, table.name) for table in schema.tables.values()}
        self._indexes = {
            index.name: (index.definition, float(index.size.pages))
            for table in schema.tables.values()
            for index in table.indexes
        }
        self._known: dict[str, Heap | None] = {}

    def add(self, name: str, definition: IndexDefinition, size: IndexSize) -> None:
        """Note a candidate under its name on the twin."""
        self._indexes[name] = definition, float(size.pages)

    def behind(self, name: str) -> Heap | None:
        """Return the heap behind an index, `None` where nothing is known of it."""
        if name not in self._known:
            found = self._indexes.get(name)
            self._known[name] = None if found is None else self._heap(*found)
        return self._known[name]

    def order(self, scan: PlanNode, column: str) -> float:
        """Return how far a scan yields its rows in the order of a column: 1 is perfectly, 0 not at all."""
        place = self._tables.get(scan.relation or "")
        definition, _ = self._indexes.get(scan.index or "", (None, 0.0))
        if place is None or (scan.index and definition is None):
            return 0.0
        if definition is None:
            return self._order(place, column)
        leading = definition.keys[0].column
        return 1.0 if leading == column else self._order(place, leading) * self._order(place, column)

    def _heap(self, definition: IndexDefinition, index_pages: float) -> Heap | None:
        place = definition.schema, definition.table
        relation = self._statistics.relations.get(place)
        if relation is None or relation.rows <= 0:
            return None
        columns: dict[str, float] = {}
        for key in definition.keys:
            found = self._statistics.columns.get((*place, key.column or ""))
            if found is None or key.column is None or not found.n_distinct:
                break
            columns[key.column] = max(found.distinct(relation.rows), 1.0)
        scatter = 1 - self._order(place, definition.keys[0].column)
        return Heap(relation.rows, float(relation.pages), columns, scatter, index_pages)

    def _order(self, place: tuple[str, str], column: str | None) -> float:
        found = self._statistics.columns.get((*place, column or ""))
        return (found.correlation or 0.0) ** 2 if found else 0.0


def felt_cost(plan: PlanNode, heaps: Heaps | None) -> float:
    """Return what the plan costs with every visit of the heap paid for, in planner units; `None` leaves these out."""
    reading = Reading(heaps, aliases(plan, heaps.relations) if heaps else {}, parallel_divisor(plan))
    return plan.total_cost + _extra(plan, reading).total


def _extra(node: PlanNode, reading: Reading, runs: Runs = ONE) -> Price:
    """Return what one run of a node costs more than the planner says."""
    more = underestimate(node, reading.relations, reading.processes)
    below = [(child, _extra(child, reading, _runs(node, child, more, reading) or runs)) for child in node.children]
    if node.node_type == "Limit" and below:
        return _limited(node, *below[0])
    start = total = 0.0
    for child, extra in below:
        times = _times(node, child)
        again = below[0][1].more if times > 1 and _looped(node, child) else 1.0
        total += times * (again * extra.total + (again - 1) * child.total_cost)
        start += extra.total if child.node_type == "Hash" else extra.start
    if node.node_type in _BLOCKING or (node.node_type == "Aggregate" and node.detail.get("Strategy") != "Sorted"):
        start = total
    own = max(visits(node, reading.heaps, runs) * VISIT - node.total_cost, 0.0)
    return Price(start, total + own, more * below[0][1].more if below and node.node_type != "Aggregate" else 1.0)


def _times(node: PlanNode, child: PlanNode) -> float:
    """Return how often a node runs one of its children, as far as its cost tells."""
    kind = child.detail.get("Parent Relationship")
    if kind == "SubPlan":
        return max((node.total_cost - node.startup_cost) / max(child.total_cost, 0.01), 1.0)
    if not _looped(node, child) or child.node_type in _BLOCKING:
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
    *_, first = _streamed(node.children[0])
    match = _OUTER.search(condition)
    if match is None or first.relation is None or match["alias"].strip('"') != (first.alias or first.relation):
        return 0.0
    return heaps.order(first, match["column"].strip('"'))


def _limited(node: PlanNode, child: PlanNode, extra: Price) -> Price:
    """Return the extra of a LIMIT: its part of what lies below, and what it takes to find the rows later than hoped."""
    whole = child.total_cost - child.startup_cost
    part = min(max((node.total_cost - child.startup_cost) / whole, 0.0), 1.0) if whole > 0 else 1.0
    later = min(part * GAMBLE, 1.0) if discards(child) else part
    total = extra.start + later * (extra.total - extra.start) + (later - part) * whole
    return Price(extra.start, max(total, 0.0), extra.more)


def discards(node: PlanNode) -> bool:
    """Return whether a plan that yields rows as it goes throws rows away that it read in the order of an index."""
    return any(_discarding(one) for one in _streamed(node))


def _streamed(node: PlanNode) -> Iterator[PlanNode]:
    """Yield a node and those below it that give it their rows one by one, the outer side of joins only."""
    while True:
        yield node
        if not node.children or node.node_type in _BLOCKING:
            return
        node = node.children[0]


def _discarding(node: PlanNode) -> bool:
    if node.node_type in ("Nested Loop", "Merge Join", "Hash Join"):
        return node.rows < 0.5 * node.children[0].rows
    return node.index is not None and "Filter" in node.detail and "Index Cond" not in node.detail


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


def far(pages: float) -> float:
    """Return the share of visits to a relation of this size that the processor's caches do not spare."""
    return pages / (pages + NEAR)


def fetched(node: PlanNode, heap: Heap) -> float:
    """Return the rows an index scan fetches in one run: more than it yields, where it filters them."""
    if "Filter" not in node.detail:
        return node.rows
    condition = node.detail.get("Index Cond")
    if condition is None:
        return heap.rows
    pinned = {match["column"].strip('"') for match in _EQUAL.finditer(condition)}
    rows = heap.rows
    for column, distinct in heap.columns.items():
        if column not in pinned:
            break
        rows /= distinct
    return node.rows if rows == heap.rows else max(node.rows, rows)
