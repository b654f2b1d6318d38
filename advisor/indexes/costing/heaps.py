"""What is known of the tables behind indexes: rows, pages, distinct keys, and how far the rows lie in their order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import TypeVar

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.indexes.costing.composite_joins import Relation, relations
from advisor.twin.plan import PlanNode

NAME = r'"(?:[^"]|"")+"|[^\W\d][\w$]*'
"""An identifier as EXPLAIN prints it."""
Found = TypeVar("Found")
_EQUAL = re.compile(rf"\(\(?(?P<column>{NAME})\)?(?:::[\w ]+)? = (?!ANY)")


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
    leading: str | None = None
    """The first key's column, `None` for an expression."""
    method: str = "btree"
    """Of the index."""


class Heaps:
    """The tables behind indexes, by the name an index has on the twin.

    Plans name tables and indexes without their schema, so of one name those of the query's own schemas come first.
    """

    def __init__(self, schema: Schema, statistics: Statistics) -> None:
        self._statistics = statistics
        self._relations = relations(schema, statistics)
        self._indexes: dict[str, dict[str, tuple[IndexDefinition, float]]] = defaultdict(dict)
        for table in schema.tables.values():
            for index in table.indexes:
                self._indexes[index.name][table.schema] = index.definition, float(index.size.pages)
        self._known: dict[str, Heap | None] = {}
        self._schemas: frozenset[str] = frozenset()
        self._views: dict[frozenset[str], Heaps] = {}

    def within(self, schemas: frozenset[str]) -> Heaps:
        """Return the same for a query that names tables of these schemas."""
        if schemas not in self._views:
            view = copy(self)
            view._schemas, view._known, view._views = schemas, {}, {}
            self._views[schemas] = view
        return self._views[schemas]

    def add(self, name: str, definition: IndexDefinition, size: IndexSize) -> None:
        """Note a candidate under its name on the twin."""
        self._indexes[name] = {definition.schema: (definition, float(size.pages))}

    def relation(self, name: str) -> Relation | None:
        """Return the table of a name."""
        return self._own(self._relations.get(name, {}))

    def _own(self, found: Mapping[str, Found]) -> Found | None:
        """Return what one of the query's schemas has, else what the last one has."""
        return next((found[schema] for schema in sorted(self._schemas & found.keys())), [None, *found.values()][-1])

    def behind(self, name: str) -> Heap | None:
        """Return the heap behind an index, `None` where nothing is known of it."""
        if name not in self._known:
            found = self._own(self._indexes.get(name, {}))
            self._known[name] = None if found is None else self._heap(*found)
        return self._known[name]

    def order(self, scan: PlanNode, column: str) -> float:
        """Return how far a scan yields its rows in the order of a column: 1 is perfectly, 0 not at all."""
        places = {schema: (schema, scan.relation or "") for schema in self._relations.get(scan.relation or "", {})}
        place = self._own(places)
        definition, _ = self._own(self._indexes.get(scan.index or "", {})) or (None, 0.0)
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
        leading = definition.keys[0].column
        return Heap(
            relation.rows, float(relation.pages), columns, scatter, index_pages, leading, method=definition.method
        )

    def _order(self, place: tuple[str, str], column: str | None) -> float:
        found = self._statistics.columns.get((*place, column or ""))
        return (found.correlation or 0.0) ** 2 if found else 0.0


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
