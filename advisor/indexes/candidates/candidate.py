"""What candidate passes read and write: a query's need of one table, and the indexes they suggest for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from advisor.analysis.shape import Predicate, QueryShape, TableShape, Term
from advisor.catalog.derived_statistics import derived
from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.schema import Column, Schema, Table
from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.indexes.index_options import AdviseOptions
from advisor.workload.model import Query

UNKNOWN_DISTINCT = 200.0
"""Distinct values the planner assumes where it has no statistics (`DEFAULT_NUM_DISTINCT`)."""
MOSTLY_NULL = 0.5
EQUALITY = frozenset({"equality", "null", "boolean"})
"""Predicate kinds that pin a b-tree key to one value."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is common to every need of one run."""

    schema: Schema
    statistics: Statistics
    options: AdviseOptions
    sharing: Mapping[tuple[str, str], Mapping[str, float]]
    """Per table: the share of its queries' time (0 to 1) that compares this term for equality."""
    children: Mapping[tuple[str, str], tuple[tuple[Table, tuple[str, ...]], ...]] = field(default_factory=dict)
    """Per referenced table: the tables that point at it, each with its foreign key's columns."""
    updated: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """Per table: the columns that captured statements update."""
    extents: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    """Rows and pages of the tables asked for so far."""

    def extent(self, table: Table) -> tuple[float, int]:
        """Return a table's rows and pages, those of all partitions for a partitioned one."""
        place = table.schema, table.name
        if place not in self.extents:
            rows = table_rows(table, self.schema, self.statistics)
            self.extents[place] = rows, table_pages(table, self.schema, self.statistics)
        return self.extents[place]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One index that a pass found worth costing."""

    definition: IndexDefinition
    origin: str
    """Name of the pass."""
    requires: tuple[str, ...] = ()
    """Extensions that must exist first."""
    rests_on: str = ""
    """For a partial index: why its predicate may be trusted."""


@dataclass(frozen=True)
class Need:
    """What one query asks of one table occurrence, with all a pass may look at."""

    context: Context
    query: Query
    shape: QueryShape
    occurrence: TableShape
    table: Table

    @cached_property
    def conditions(self) -> tuple[Predicate, ...]:
        """Return the conditions that always hold (not alternatives of an OR) and could be index conditions."""
        return tuple(
            p
            for p in self.occurrence.predicates
            if p.disjunction is None and not p.behind_policy and not self._mistyped(p) and self.indexable(p.term)
        )

    def _mistyped(self, predicate: Predicate) -> bool:
        """Return whether the server casts a column that has an index, as the value has another type: to be cured."""
        if not predicate.implicit_cast or predicate.cast not in {"numeric", "float8"}:
            return False
        leads = {index.definition.keys[0].column for index in self.table.indexes if index.valid}
        return len(predicate.term.columns) == 1 and predicate.term.columns[0] in leads

    def indexable(self, term: Term) -> bool:
        """Return whether an index may hold the term: immutable, and the literals within it are not seen to vary."""
        seen = [self.query.slots[slot] for slot in term.slots if slot < len(self.query.slots)]
        return term.immutable and all(slot.constant for slot in seen)

    @cached_property
    def equalities(self) -> tuple[Term, ...]:
        """Return the terms pinned to one value, most shared first, then most selective, then by name."""
        return self.ordered(unique_terms(p.term for p in self.conditions if p.kind in EQUALITY))

    @cached_property
    def one_row(self) -> bool:
        """Return whether an existing unique index finds the one row there can be: no other index finds it sooner."""
        pinned = {p.term.column for p in self.conditions if p.kind == "equality"}
        return any(
            index.valid and index.definition.unique and not index.definition.where
            and {key.column for key in index.definition.keys} <= pinned - {None}
            for index in self.table.indexes
        )  # fmt: skip

    @cached_property
    def lists(self) -> tuple[Term, ...]:
        """Return the terms compared with a list, ordered as `equalities`."""
        pinned = set(self.equalities)
        return self.ordered(unique_terms(p.term for p in self.conditions if p.kind == "list" and p.term not in pinned))

    @cached_property
    def ranges(self) -> tuple[Term, ...]:
        """Return the terms compared with a range, most selective statistics first."""
        pinned = {*self.equalities, *self.lists}
        found = unique_terms(p.term for p in self.conditions if self._is_range(p) and p.term not in pinned)
        return tuple(sorted(found, key=lambda term: (-self.distinct(term), term.expression)))

    def _is_range(self, predicate: Predicate) -> bool:
        """Return whether a condition reads one stretch of a b-tree; IS NOT NULL does where most rows are NULL."""
        if predicate.kind != "not-null":
            return predicate.kind == "range"
        found = self.column_statistics(predicate.term.column) if predicate.term.column else None
        return found is not None and found.null_frac >= MOSTLY_NULL

    @cached_property
    def join_sets(self) -> tuple[tuple[Term, ...], ...]:
        """Return, per joined occurrence, the terms of this table that the join compares for equality."""
        partners: dict[int, list[Term]] = {}
        for edge in self.occurrence.joins:
            if edge.operator == "=" and self.indexable(edge.term):
                partners.setdefault(edge.other, []).append(edge.term)
        sets = (self.ordered(unique_terms(terms)) for _, terms in sorted(partners.items()))
        return tuple(dict.fromkeys(sets))

    def ordered(self, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        """Return the terms most shared between queries first, then most selective, then by name."""
        sharing = self.context.sharing.get((self.table.schema, self.table.name), {})
        return tuple(
            sorted(terms, key=lambda t: (-round(sharing.get(t.expression, 0.0), 2), -self.distinct(t), t.expression))
        )

    def column_statistics(self, name: str) -> ColumnStatistics | None:
        """Return a column's statistics, those over the tree for a partitioned table."""
        key = (self.table.schema, self.table.name, name)
        return self.context.statistics.columns.get(key) or self.context.statistics.inherited.get(key)

    def distinct(self, term: Term) -> float:
        """Return how many distinct values a term has, by statistics."""
        found = self.column_statistics(term.column) if term.column else None
        if term.column is None:
            found = derived(term.expression, self.column_statistics)
        return found.distinct(self.rows) if found and found.n_distinct else UNKNOWN_DISTINCT

    @property
    def rows(self) -> float:
        """Return the table's estimated rows."""
        return self.context.extent(self.table)[0]

    def column(self, name: str) -> Column | None:
        """Return a column of the table."""
        return self.table.column(name)

    def index(
        self,
        keys: tuple[IndexKey, ...],
        *,
        method: str = "btree",
        where: str | None = None,
        include: tuple[str, ...] = (),
    ) -> IndexDefinition:
        """Return a definition on this table."""
        return IndexDefinition(self.table.schema, self.table.name, keys, include, where, method)


def unique_terms(terms: object) -> tuple[Term, ...]:
    """Return the terms without repetitions, in order."""
    return tuple(dict.fromkeys(terms))  # type: ignore[call-overload]


def key_of(term: Term, *, descending: bool = False, nulls_first: bool | None = None) -> IndexKey:
    """Return the index key that holds a term."""
    return IndexKey(term.expression, term.column, None, None, descending, nulls_first)


def table_rows(table: Table, schema: Schema, statistics: Statistics) -> float:
    """Return a table's estimated rows; for a partitioned table, those of all its partitions."""
    if table.kind != "partitioned":
        return statistics.rows(table.schema, table.name)
    own = (table.schema, table.name)
    parts = (other for other in schema.tables.values() if other.parent == own)
    return sum(table_rows(part, schema, statistics) for part in parts)


def table_pages(table: Table, schema: Schema, statistics: Statistics) -> int:
    """Return a table's pages; for a partitioned table, those of all its partitions."""
    if table.kind != "partitioned":
        relation = statistics.relations.get((table.schema, table.name))
        return relation.pages if relation else 0
    own = (table.schema, table.name)
    return sum(table_pages(part, schema, statistics) for part in schema.tables.values() if part.parent == own)
