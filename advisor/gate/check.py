"""Plans the baseline's statements on a twin and judges every plan."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.catalog.index import Index
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.gate.baseline import AcceptedPlan, AcceptedQuery, Baseline, accesses
from advisor.gate.compare import Comparison, compare
from advisor.gate.shape import shape_lines
from advisor.gate.verdict import LEVELS, CheckResult, Verdict
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused, WhatIf

SERIAL = {"max_parallel_workers_per_gather": "0", "jit": "off"}
"""Settings every gate plan is made with: whether a plan goes parallel depends on sizes that drift."""

Statements = Mapping[str, tuple[str, tuple[BoundStatement, ...]]]
"""Query id to its text and the ways it is bound."""


def record(
    statements: Statements, schema: Schema, statistics: Statistics, what_if: WhatIf, settings: Mapping[str, str]
) -> tuple[Baseline, Mapping[str, Refused]]:
    """Return a baseline of today's plans, and the queries that could not be planned with the server's reason."""
    planned, refused = _plan(statements, what_if)
    accepted = {key: AcceptedQuery(key, statements[key][0], _distinct(plans)) for key, plans in planned.items()}
    baseline = Baseline(
        server_major=schema.major,
        settings=dict(sorted(settings.items())),
        tables=table_rows(schema, statistics),
        indexes=index_definitions(schema),
        queries=dict(sorted(accepted.items())),
    )
    return baseline, refused


def check(
    baseline: Baseline, statements: Statements, schema: Schema, statistics: Statistics, what_if: WhatIf
) -> CheckResult:
    """Compare today's plans of the baseline's statements, and name queries of `statements` that it does not hold."""
    accepted: Statements = {
        key: (query.text, tuple(plan.statement for plan in query.plans)) for key, query in baseline.queries.items()
    }
    planned, refused = _plan(accepted, what_if)
    tables, indexes = table_rows(schema, statistics), index_definitions(schema)
    verdicts: dict[tuple[str, str, str | None, str | None], Verdict] = {}
    for key, plans in planned.items():
        for before, after in zip(baseline.queries[key].plans, plans, strict=True):
            text = baseline.queries[key].text
            for verdict in compare(Comparison(key, text, before, after, baseline, tables, indexes)):
                verdicts.setdefault((verdict.query, verdict.code, verdict.table, verdict.index), verdict)
    for key, reason in refused.items():
        verdicts[(key, "PLN008", None, None)] = _unplannable(key, baseline.queries[key].text, reason)
    new = tuple(sorted(set(statements) - set(baseline.queries)))
    ordered = sorted(verdicts.values(), key=lambda one: (LEVELS.index(one.level), one.query, one.code, one.cause))
    return CheckResult(tuple(ordered), len(planned), new)


def table_rows(schema: Schema, statistics: Statistics) -> dict[str, float]:
    """Return the estimated rows of every table, by bare name, sorted."""
    rows = {name: statistics.rows(namespace, name) for namespace, name in schema.tables}
    return dict(sorted(rows.items()))


def index_definitions(schema: Schema) -> dict[str, str]:
    """Return the definition of every valid index, by name, sorted."""
    indexes = [index for table in schema.tables.values() for index in table.indexes if index.valid]
    return {index.name: index.ddl or index.definition.ddl(index.name) for index in sorted(indexes, key=_name)}


def _name(index: Index) -> str:
    return index.name


def _plan(statements: Statements, what_if: WhatIf) -> tuple[dict[str, tuple[AcceptedPlan, ...]], dict[str, Refused]]:
    """Return each query's plans in the order of its bindings, and why the others have none."""
    asks = [(key, bound) for key, (_, bindings) in statements.items() for bound in bindings]
    answers = what_if.plan([Ask(bound) for _, bound in asks])
    planned: dict[str, tuple[AcceptedPlan, ...]] = {}
    refused: dict[str, Refused] = {}
    for (key, bound), answer in zip(asks, answers, strict=True):
        if isinstance(answer, Refused):
            refused.setdefault(key, answer)
        else:
            planned[key] = (*planned.get(key, ()), _accepted(bound, answer))
    return {key: plans for key, plans in planned.items() if key not in refused}, refused


def _distinct(plans: tuple[AcceptedPlan, ...]) -> tuple[AcceptedPlan, ...]:
    """Return the first plan of each shape: values that lead to the same plan need no second entry."""
    shapes: dict[tuple[str, ...], AcceptedPlan] = {}
    for plan in plans:
        shapes.setdefault(plan.shape, plan)
    return tuple(shapes.values())


def _accepted(bound: BoundStatement, plan: PlanNode) -> AcceptedPlan:
    return AcceptedPlan(bound, plan.total_cost, shape_lines(plan), accesses(plan))


def _unplannable(key: str, text: str, refused: Refused) -> Verdict:
    return Verdict(
        code="PLN008",
        name="not-plannable",
        level="fail",
        query=key,
        text=text,
        cause=f"the server no longer plans it: {refused.reason}",
        fix="a migration may have removed what it reads; remove the query with --update-baseline if it is gone",
    )
