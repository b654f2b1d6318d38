"""Names what a loop iterates over: the statement before it whose rows are the loop's values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from advisor.analysis.shape import Constant, QueryShape, TableShape
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.loops.relation import Relation, declared, relate, relate_by_type
from advisor.rules.loops.repeated_query import CATALOGS, Child, slot_of, unique_keys
from advisor.workload.model import POOLED, Loop, LoopParent, Query

FITTING = 5
"""A LIMIT from which on it is no accident that a loop has as many rounds."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The statement a loop iterates over, and what says so."""

    table: Table
    query: str | None
    """Id of the statement; `None` when only the child's foreign key names the table."""
    relation: Relation
    rows_match: bool = False
    """Whether captured plans showed exactly as many rows as the loop had rounds."""
    limit_match: bool = False
    contained: bool = False
    """Whether the child's values stood in the parent's own IN list."""
    nested: bool = False
    """Whether the parent is itself repeated: the loop stands in a loop."""
    score: float = 0.0


def name_parent(loop: Loop, child: Child, context: RuleContext, repeated: frozenset[str]) -> Parent | None:
    """Return the likeliest parent, `None` when nothing ties any statement before the loop to the child.

    `repeated` are the queries that loop themselves: they are brothers of this loop rather than its parent, unless the
    loop stands within one of theirs.
    """
    candidates = [
        parent
        for seen in _before(loop)
        for parent in _candidates(loop, child, context, seen, seen.query in repeated and seen.query != loop.outer)
    ]
    best = max(candidates, key=lambda parent: (parent.score, parent.query or "", parent.table.name), default=None)
    return best or _by_limit(loop, child, context) or _referenced(child, context)


def _by_limit(loop: Loop, child: Child, context: RuleContext) -> Parent | None:
    """Return what was read right before the loop with a LIMIT of just its rounds, though nothing ties the tables."""
    for seen in loop.parents:
        shape = context.shapes.get(seen.query)
        fits = seen.limit is not None and seen.limit >= FITTING and seen.limit_reached >= 0.5
        if shape is None or shape.kind != "select" or not fits or seen.statements_between >= 1:
            continue
        table = context.table(shape.tables[0]) if shape.tables else None
        if table is not None and shape.tables[0].schema not in CATALOGS:
            relation = Relation("rows", child.key, child.key, False)
            return Parent(table, seen.query, relation, limit_match=True)
    return None


def _before(loop: Loop) -> Iterator[LoopParent]:
    yield from loop.parents
    if loop.outer and all(parent.query != loop.outer for parent in loop.parents):
        yield LoopParent(loop.outer, loop.loops, 0.0)


def _candidates(loop: Loop, child: Child, context: RuleContext, seen: LoopParent, brother: bool) -> Iterator[Parent]:
    shape, query = context.shapes.get(seen.query), context.queries.get(seen.query)
    if shape is None or query is None or shape.kind == "utility" or seen.query == loop.child:
        return
    if seen.limit is not None and (seen.limit <= 1 or seen.limit < _rounds(loop, seen) / 2):
        return
    for occurrence in shape.tables:
        table = context.table(occurrence)
        if table is None or occurrence.schema in CATALOGS or single_row(shape, occurrence, table):
            continue
        columns = (*child.key, *child.constants)
        relation = relate(table, child.table, child.key) or _by_type(query, child, table, context, loop)
        if relation := relation or declared(table, child.table, columns):
            yield _weighed(loop, seen, shape, table, relation, brother)


def _rounds(loop: Loop, seen: LoopParent) -> float:
    """Return the rounds of a loop for one execution of its parent: several clients at once make one burst."""
    return min(loop.median, loop.executions / seen.runs) if loop.unit in POOLED and seen.runs else loop.median


def _weighed(
    loop: Loop, seen: LoopParent, shape: QueryShape, table: Table, relation: Relation, brother: bool
) -> Parent:
    rows = bool(seen.rows) and _typical(seen.rows) == round(loop.median)
    limit = seen.limit_reached >= 0.5
    contained = (seen.values_contained or 0.0) >= 0.9
    nested = seen.query == loop.outer
    score = 100.0 if relation.by != "name" else 60.0
    score += 40 * rows + 30 * seen.limit_reached + 25 * contained + 35 * nested - 50 * brother
    score += 15 * min(seen.loops / max(loop.loops, 1), 1.0) - min(seen.statements_between, 20.0)
    score += 3 * (loop.monotone >= 0.9 and any(found.sort for found in shape.tables))
    score -= 20 * (shape.kind != "select")
    return Parent(table, seen.query, relation, rows, limit, contained, nested, score)


def _typical(rows: tuple[int, ...]) -> int:
    return sorted(rows)[len(rows) // 2]


def single_row(shape: QueryShape, occurrence: TableShape, table: Table) -> bool:
    """Return whether the statement yields at most one row of this table, so that nothing can be iterated over."""
    if shape.kind == "insert":
        return "multi-row-values" not in shape.features and len(shape.tables) == 1
    if "aggregate" in shape.features and "group-by" not in shape.features:
        return True
    if isinstance(occurrence.limit, Constant) and occurrence.limit.value == "1":
        return True
    fixed = {
        predicate.term.columns[0]
        for predicate in occurrence.predicates
        if predicate.kind == "equality" and predicate.disjunction is None and len(predicate.term.columns) == 1
    }
    return any(set(columns) <= fixed for columns in unique_keys(table))


def _by_type(query: Query, child: Child, table: Table, context: RuleContext, loop: Loop) -> Relation | None:
    if child.kind != "polymorphic":
        return None
    return relate_by_type(table, child.table, child.key, _types(context.queries[loop.child], child))


def _types(query: Query, child: Child) -> tuple[str, ...]:
    """Return the values that the child's type column was compared with."""
    found: list[str] = []
    for predicate in child.shape.predicates:
        if predicate.term.column in child.constants:
            for operand in predicate.operands:
                slot = slot_of(operand)
                if isinstance(operand, Constant) and operand.value:
                    found.append(operand.value)
                elif slot is not None and slot < len(query.slots):
                    found += [value for value, _ in query.slots[slot].common if value]
    return tuple(found)


def _referenced(child: Child, context: RuleContext) -> Parent | None:
    """Return the table the child's foreign key points at, when no statement was seen that read it."""
    for constraint in child.table.constraints:
        if constraint.kind == "foreign" and set(constraint.columns) <= set(child.key) and constraint.references:
            table = context.schema.tables.get(constraint.references)
            if table and not child.unique and child.kind not in ("insert", "update", "delete"):
                columns = constraint.referenced_columns
                relation = Relation("foreign-key", columns, constraint.columns, False, constraint.name)
                return Parent(table, None, relation)
    return None
