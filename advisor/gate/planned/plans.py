"""Statements planned on the twin, as a baseline holds plans: with what surrounds them today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.gate.baseline import AcceptedPlan, accesses
from advisor.gate.planned.foreign_key_searches import lookups
from advisor.gate.planned.plan_shape import shape_lines
from advisor.gate.planned.worst_case import worst_cost
from advisor.gate.relation_names import label, naming
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused, WhatIf

Statements = Mapping[str, tuple[str, tuple[BoundStatement, ...]]]
"""Query id to its text and the ways it is bound."""

Sent = Callable[[str, BoundStatement], BoundStatement]
"""Query id and statement to what the server is sent for it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One statement's plan of today."""

    plan: AcceptedPlan
    root: PlanNode


def table_rows(schema: Schema, statistics: Statistics) -> dict[str, float]:
    """Return the estimated rows of every table, by its name here, sorted."""
    rows = {label(namespace, name): statistics.rows(namespace, name) for namespace, name in schema.tables}
    return dict(sorted(rows.items()))


def index_definitions(schema: Schema) -> dict[str, str]:
    """Return the definition of every valid index, by name, sorted."""
    indexes = [index for table in schema.tables.values() for index in table.indexes if index.valid]
    return {
        index.name: index.ddl or index.definition.ddl(index.name)
        for index in sorted(indexes, key=lambda index: (index.name, index.definition.schema))
    }


def plan_all(
    statements: Statements,
    schema: Schema,
    statistics: Statistics,
    what_if: WhatIf,
    sent: Sent = lambda key, bound: bound,
) -> tuple[dict[str, tuple[Planned, ...]], dict[str, Refused]]:
    """Return each query's plans in the order of its bindings, and why the others have none.

    `sent` says what is planned for a statement; the plan is noted as that of the statement itself.
    """
    asks = [(key, bound) for key, (_, bindings) in statements.items() for bound in bindings]
    answers = what_if.plan([Ask(sent(key, bound)) for key, bound in asks])
    known = table_rows(schema, statistics), index_definitions(schema)
    planned: dict[str, tuple[Planned, ...]] = {}
    refused: dict[str, Refused] = {}
    for (key, bound), answer in zip(asks, answers, strict=True):
        if isinstance(answer, Refused):
            refused.setdefault(key, answer)
        else:
            planned[key] = (*planned.get(key, ()), Planned(_accepted(bound, answer, schema, *known), answer))
    found = {key: plans for key, plans in planned.items() if key not in refused}
    return _with_checks(found, schema, what_if), refused


def scans(plan: PlanNode) -> bool:
    """Return whether a plan reads more than it is after: what is not searched by a key, or filtered once read."""
    readers = [node for node in plan.walk() if "Scan" in node.node_type and (node.relation or node.index)]
    searched = all(node.detail.get("Index Cond") or node.node_type == "Bitmap Heap Scan" for node in readers)
    return not searched or any("Filter" in node.detail for node in readers)


def _accepted(
    bound: BoundStatement, plan: PlanNode, schema: Schema, rows: Mapping[str, float], indexes: Mapping[str, str]
) -> AcceptedPlan:
    read = accesses(plan, naming(schema, bound))
    worst = worst_cost(plan)
    return AcceptedPlan(
        bound,
        plan.total_cost,
        shape_lines(plan),
        read,
        worst=worst if worst > plan.total_cost else None,
        indexes={name: indexes[name] for name in sorted(plan.indexes) if name in indexes},
        tables={table: rows[table] for table in sorted({one.table for one in read}) if table in rows},
    )


def _with_checks(
    planned: Mapping[str, tuple[Planned, ...]], schema: Schema, what_if: WhatIf
) -> dict[str, tuple[Planned, ...]]:
    """Return the plans with what it costs to look up what refers to the rows that they remove."""
    asked = {
        (key, place): lookups(one.root, one.plan.statement, schema)
        for key, plans in planned.items()
        for place, one in enumerate(plans)
    }
    asks = list(dict.fromkeys(statement for found in asked.values() for statement in found.values()))
    answers = dict(zip(asks, what_if.plan([Ask(one) for one in asks]), strict=True))
    return {
        key: tuple(_with(one, asked[key, place], answers) for place, one in enumerate(plans))
        for key, plans in planned.items()
    }


def _with(
    one: Planned, found: Mapping[str, BoundStatement], answers: Mapping[BoundStatement, PlanNode | Refused]
) -> Planned:
    costs = {name: answers[statement] for name, statement in found.items()}
    checks = {name: plan.total_cost for name, plan in sorted(costs.items()) if isinstance(plan, PlanNode)}
    return replace(one, plan=replace(one.plan, checks=checks))
