"""Queries whose rows tell whether the planner's estimate was right: what came, against what was expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from advisor.analysis.shape import Constant, Parameter, Predicate, QueryShape, TableShape
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.sta.captured import seen_scans
from advisor.rules.sta.stale_statistics import why_stale
from advisor.twin.plan import PlanNode
from advisor.twin.statement import Basis
from advisor.workload.model import Query

OFF = 5.0
"""How many times more or less than estimated must have come."""
ROWS = 1000.0
"""Rows per call by which the estimate must be wrong: what is off by less changes no plan that matters."""
CALLS = 20.0
"""Calls from which on rows per call are an average worth the name."""

_PASSING = {
    "Sort",
    "Incremental Sort",
    "Gather",
    "Gather Merge",
    "Materialize",
    "LockRows",
    "WindowAgg",
    "Subquery Scan",
}
"""Nodes that hand on as many rows as they are given, unless they filter."""
_FILTERS = {"Filter", "Run Condition", "One-Time Filter"}
SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
GROUPS = frozenset({"Aggregate", "Group", "Unique"})


@dataclass(frozen=True, slots=True)
class Counted:
    """A query on one table whose rows per call can be compared with an estimate."""

    query: Query
    occurrence: TableShape
    table: Table
    columns: tuple[str, ...]
    """Plain columns compared with a value, or grouped by; by name."""
    came: float
    """Rows per call."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the planner expected of a query."""

    mean: float
    """Rows, weighted by how often the values were asked for."""
    highest: float
    lowest: float
    basis: Basis | Literal["captured"]
    """`captured`: the production server's own estimate in a plan that auto_explain wrote."""
    statements: int
    """Statements planned."""

    def off(self, came: float) -> float:
        """Return the q-error, against whichever statement's estimate is nearest: 1 when it lies between them."""
        return max(max(came, 1) / max(self.highest, 1), max(self.lowest, 1) / max(came, 1), 1.0)


def counted(context: RuleContext) -> Iterator[str]:
    """Yield the ids of the queries whose every statement is worth a plan."""
    for query, shape in context.analysed():
        if conditions(context, query, shape) or groups(context, query, shape):
            yield query.id


def conditions(context: RuleContext, query: Query, shape: QueryShape) -> Counted | None:
    """Return the query if it returns or changes the rows that meet equalities on several columns, and nothing else."""
    found = _counted(context, query, shape)
    if found is None or shape.kind == "insert" or found.came < ROWS or found.occurrence.group:
        return None
    predicates = found.occurrence.predicates
    columns = tuple(sorted({predicate.term.columns[0] for predicate in predicates if equal(predicate)}))
    return found if len(columns) > 1 and found.columns == columns and all(map(equal, predicates)) else None


def groups(context: RuleContext, query: Query, shape: QueryShape) -> Counted | None:
    """Return the query if it returns the groups that several columns of a whole table form, and nothing else."""
    found = _counted(context, query, shape)
    if found is None or shape.kind != "select" or found.occurrence.predicates:
        return None
    if "grouping-sets" in shape.features or shape.features >= {"group-by", "distinct"}:
        return None
    group = found.occurrence.group
    return found if len(found.columns) > 1 and all(term.column for term in group) else None


def captured(context: RuleContext, query: Query, shape: QueryShape) -> Iterator[tuple[Counted, Expected]]:
    """Yield the scans of the query's captured plan that meet equalities on several columns, and nothing else.

    Joins and LIMIT above them change nothing here: the plan tells what each scan itself expected and found.
    """
    if query.plan is None or query.calls < CALLS:
        return
    for scan in seen_scans(query.plan):
        occurrences = [one for one in shape.tables if (one.table, one.alias) == (scan.relation, scan.alias)]
        others = [quote_identifier(one.alias) for one in shape.tables if one.alias != scan.alias]
        if len(occurrences) != 1 or any(f"{other}." in scan.conditions for other in others):
            continue
        occurrence = replace(occurrences[0], joins=(), group=())
        found = _sized(context, query, occurrence, scan.came)
        if found and len(found.columns) > 1 and all(map(equal, occurrence.predicates)):
            yield found, Expected(scan.expected, scan.expected, scan.expected, "captured", 1)


def equal(predicate: Predicate) -> bool:
    """Return whether a condition compares a plain column with values known before the scan."""
    return (
        predicate.kind in ("equality", "list", "boolean")
        and predicate.disjunction is None
        and predicate.term.column is not None
        and not predicate.row
        and all(isinstance(operand, Constant | Parameter) for operand in predicate.operands)
    )


def expected(context: RuleContext, query: Query, last: frozenset[str]) -> Expected | None:
    """Return the estimates for what a query returns, where nothing above a node of these kinds changes the number.

    `None` when the query was not planned, something does change the number, or its values are not known.
    """
    planned = context.every_plan.get(query.id, ())
    rows = [rows_of(entry.plan, last) for entry in planned]
    known = [amount for amount in rows if amount is not None]
    if not planned or len(known) < len(rows) or any(entry.statement.basis == "generic" for entry in planned):
        return None
    weight = sum(entry.statement.weight for entry in planned)
    mean = sum(amount * entry.statement.weight for amount, entry in zip(known, planned, strict=True)) / weight
    return Expected(mean, max(known), min(known), planned[0].statement.basis, len(planned))


def rows_of(plan: PlanNode, last: frozenset[str]) -> float | None:
    """Return the rows a plan is expected to give, `None` unless all nodes above one of these kinds pass rows on."""
    if plan.node_type in last:
        having = plan.node_type in GROUPS and "Filter" in plan.detail
        return None if having else plan.rows
    changes = plan.node_type == "ModifyTable" and len(plan.children) == 1
    if not changes and (plan.node_type not in _PASSING or plan.detail.keys() & _FILTERS):
        return None
    if not plan.children or rows_of(plan.children[0], last) is None:
        return None
    return rows_of(plan.children[0], last) if changes else plan.rows


def _counted(context: RuleContext, query: Query, shape: QueryShape) -> Counted | None:
    if query.rows is None or query.calls < CALLS or len(shape.tables) != 1 or shape.unresolved:
        return None
    occurrence = shape.tables[0]
    return None if occurrence.joins else _sized(context, query, occurrence, query.rows / query.calls)


def _sized(context: RuleContext, query: Query, occurrence: TableShape, came: float) -> Counted | None:
    """Return the comparison if the table is a large one with statistics that still hold."""
    table = context.table(occurrence)
    if table is None or table.kind not in ("table", "matview") or not context.large(occurrence):
        return None
    activity = context.statistics.activity.get((table.schema, table.name))
    if activity and why_stale(table, activity, context):
        return None
    terms = occurrence.group or tuple(predicate.term for predicate in occurrence.predicates)
    columns = {term.column for term in terms if term.column is not None}
    return Counted(query, occurrence, table, tuple(sorted(columns)), came)
