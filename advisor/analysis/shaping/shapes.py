"""From a bound statement to its shape: conditions handed out, orders placed, outputs followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from advisor.analysis.binding.state import Level, Relation, State
from advisor.analysis.expression import Expression, Field, Subselect, WholeRow, occurrences, walk
from advisor.analysis.leakproof import leakproof
from advisor.analysis.shape import (
    Computed,
    JoinEdge,
    Operand,
    Predicate,
    QueryShape,
    Reference,
    SortKey,
    TableShape,
    Term,
)
from advisor.analysis.shaping.domains import group as domain_group
from advisor.analysis.shaping.domains import nullable, simplify
from advisor.analysis.shaping.equivalence import Classes
from advisor.analysis.shaping.features import bound_features, condition_features
from advisor.analysis.shaping.filters import Filters, filter_group
from advisor.analysis.shaping.orders import (
    every_order,
    group_terms,
    grouped_order,
    hand_to_arms,
    sort_keys,
    spans,
    wanted,
)
from advisor.analysis.shaping.outputs import Outputs
from advisor.analysis.shaping.terms import operand, term

Kind = Literal["select", "insert", "update", "delete", "merge", "utility"]


class Assembly:
    """Collects what each table of a statement is asked for."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.filters = Filters(state)
        self.outputs = Outputs(state)
        self.ordered: set[int] = set()
        """Levels whose order one table could give."""
        self.sorts: dict[int, tuple[SortKey, ...]] = {}
        self.groups: dict[int, tuple[Term, ...]] = {}
        self.aggregates: dict[int, dict[tuple[str, Term], None]] = {}
        self.limits: dict[int, Operand] = {}

    def level(self, level: Level) -> None:
        """Take in one query level; those around it must have been taken in before."""
        simplify(level.domain)
        classes = filter_group(self.filters, level.domain)
        own = sorted(level.domain.all_relations())
        self._orders(level, classes, own)
        self._groups(level, classes, own)
        self._aggregates(level, own)
        limit = operand(self.state, level.limit) if level.limit is not None else None
        for relation in own:
            if limit is not None:
                self.limits[relation] = limit
            if level.locking:
                self._visited(self.state.relations[relation])

    def _visited(self, relation: Relation) -> None:
        """Note that a relation's rows are kept whole, to be looked at again: all that a subquery gives is computed."""
        relation.whole_row = True
        if relation.table is None:
            self.outputs.mark(WholeRow(relation.number))

    def _orders(self, level: Level, classes: Classes, own: list[int]) -> None:
        if level.operation == "union-all":
            hand_to_arms(level)
        keys = wanted(level)
        inner = {relation for part in nullable(domain_group(level.domain)) for relation in part.all_relations()}
        placed = False
        for relation in own if keys and grouped_order(level) else ():
            if relation not in inner and (found := sort_keys(self.state, keys, classes, relation)):
                self.sorts[relation] = found
                placed = True
                self.ordered.add(level.number)
        for key in every_order(level):
            if not placed or key not in keys:
                self.outputs.mark(key.expression)

    def _groups(self, level: Level, classes: Classes, own: list[int]) -> None:
        keys = level.group or level.distinct
        placed = False
        for relation in own if keys else ():
            if found := group_terms(self.state, keys, classes, relation):
                self.groups[relation] = found
                placed = True
        for key in () if placed else keys:
            self.outputs.mark(key)

    def _aggregates(self, level: Level, own: list[int]) -> None:
        for name, argument in level.aggregates:
            read = occurrences(argument)
            mine = term(self.state, argument) if len(read) == 1 and read <= set(own) else None
            if mine is not None:
                self.aggregates.setdefault(next(iter(read)), {}).setdefault((name, mine))

    def mark(self) -> None:
        """Mark the columns that are returned or computed with."""
        read_elsewhere = {id(relation.level) for relation in self.state.relations if relation.level is not None}
        for level in self.state.levels:
            if id(level) in read_elsewhere and not (level.distinct or level.arms):
                for expression in level.extra:
                    self.outputs.mark(expression)
            else:
                self.outputs.level(level)
        for expression in self.filters.computed:
            self.outputs.mark(expression)
        domains = {id(relation.domain): relation.domain for relation in self.state.relations}
        for domain in domains.values():
            for condition in domain.conditions:
                self._below(condition)

    def _below(self, condition: Expression) -> None:
        """Mark what a condition computes inside subqueries."""
        for part in walk(condition):
            derived = isinstance(part, Field) and self.state.relations[part.occurrence].table is None
            if derived or isinstance(part, Subselect):
                self.outputs.mark(part)

    def table(self, relation: Relation, numbers: dict[int, int]) -> TableShape:
        """Return the finished shape of one table occurrence; `numbers` gives occurrences their final numbers."""
        table, own = relation.table, relation.number
        assert table is not None
        return TableShape(
            occurrence=numbers[own], schema=table.schema, table=table.name, alias=relation.alias, role=relation.role,
            predicates=tuple(self._placed(relation, one, numbers) for one in self.filters.predicates.get(own, ())),
            joins=tuple(_renumber_edge(edge, numbers) for edge in self.filters.edges.get(own, ())),
            sort=self.sorts.get(own, ()), group=self.groups.get(own, ()),
            aggregates=tuple(self.aggregates.get(own, ())), output=frozenset(relation.output),
            whole_row=relation.whole_row, level=relation.depth, limit=self.limits.get(own),
            written=frozenset(relation.written), guarded=relation.guarded,
        )  # fmt: skip

    def _placed(self, relation: Relation, predicate: Predicate, numbers: dict[int, int]) -> Predicate:
        """Return a predicate with final numbers, and what row security means for it."""
        found = _renumber(predicate, numbers)
        if relation.guarded and not found.policy and not leakproof(self.state.schema, found):
            return replace(found, behind_policy=True)
        return found


def _renumber(predicate: Predicate, numbers: dict[int, int]) -> Predicate:
    operands = tuple(replace(one, occurrence=numbers[one.occurrence]) if isinstance(one, Reference) else one
                     for one in predicate.operands)  # fmt: skip
    return replace(predicate, operands=operands) if operands != predicate.operands else predicate


def _renumber_edge(edge: JoinEdge, numbers: dict[int, int]) -> JoinEdge:
    return replace(edge, other=numbers[edge.other])


def shape(state: State, kind: Kind, top: Level) -> QueryShape:
    """Return the shape of a bound statement; `top` is the level whose rows it returns or writes."""
    assembly = Assembly(state)
    for level in state.levels:
        assembly.level(level)
    assembly.mark()
    tables = [relation for relation in state.relations if relation.table is not None]
    numbers = {relation.number: place for place, relation in enumerate(tables)}
    shapes = {relation.number: assembly.table(relation, numbers) for relation in tables}
    found = tuple(shapes.values())
    bounds = bound_features(state, top, shapes) if kind == "select" else ()
    features = frozenset({*state.features, *condition_features(found), *bounds})
    return QueryShape(
        kind, found, tuple(state.unresolved), tuple(state.absent),
        _bound(state, top.limit), _bound(state, top.offset), features, state.values_rows,
        spans(state, top) and top.number not in assembly.ordered,
    )  # fmt: skip


def _bound(state: State, expression: Expression | None) -> Operand | None:
    found = operand(state, expression) if expression is not None else None
    return Computed(found.term.expression) if isinstance(found, Reference) else found
