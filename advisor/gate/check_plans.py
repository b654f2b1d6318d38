"""Plans the baseline's statements on a twin and judges every plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.gate.as_of_then import Clock, as_of, clock_of, moment
from advisor.gate.assumed_sizes import marked
from advisor.gate.baseline import AcceptedPlan, AcceptedQuery, Baseline
from advisor.gate.compare_plans import Comparison
from advisor.gate.planned.plans import Planned, Statements, index_definitions, plan_all, scans, table_rows
from advisor.gate.properties import compare
from advisor.gate.settings_changed import with_settings
from advisor.gate.unaccepted import Propose, judge
from advisor.gate.verdict import LEVELS, CheckResult, Verdict
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Refused, WhatIf

__all__ = ["SERIAL", "Statements", "check", "index_definitions", "record", "table_rows"]

SERIAL = {"max_parallel_workers_per_gather": "0", "jit": "off"}
"""Settings every gate plan is made with: whether a plan goes parallel depends on sizes that drift."""


def record(
    statements: Statements,
    schema: Schema,
    statistics: Statistics,
    what_if: WhatIf,
    settings: Mapping[str, str],
    calls: Mapping[str, float] | None = None,
    captured: str | None = None,
) -> tuple[Baseline, Mapping[str, Refused]]:
    """Return a baseline of today's plans, and the queries that could not be planned with the server's reason.

    `calls` are the executions of each query a day, where they are known; `captured` is when the snapshot was taken.
    """
    clock = Clock(None, moment(captured), datetime.now(UTC))
    day = clock.captured.date().isoformat() if clock.captured else None
    sent = partial(_as_of, {}, clock)
    planned, refused = plan_all(statements, schema, statistics, what_if, sent)
    accepted = {
        key: AcceptedQuery(key, statements[key][0], _telling(plans), (calls or {}).get(key), captured=day)
        for key, plans in planned.items()
    }
    baseline = Baseline(
        server_major=schema.major,
        settings=dict(sorted(settings.items())),
        tables=table_rows(schema, statistics),
        indexes=index_definitions(schema),
        queries=dict(sorted(accepted.items())),
        captured=day,
    )
    return baseline, refused


def check(
    baseline: Baseline,
    statements: Statements,
    schema: Schema,
    statistics: Statistics,
    what_if: WhatIf,
    *,
    settings: Mapping[str, str] | None = None,
    known_references: frozenset[str] = frozenset(),
    touched: frozenset[str] = frozenset(),
    propose: Propose = lambda queries: {},
    captured: str | None = None,
    assumed: Mapping[str, float] | None = None,
) -> CheckResult:
    """Compare today's plans of the baseline's statements, and judge those of `statements` that it does not hold.

    `settings` are those of today; `known_references` the foreign keys that are older than the pending revisions;
    `touched` the tables that those change; `propose` finds indexes for new queries; `captured` is when the snapshot
    was taken; `assumed` has the rows of tables that nothing is known of.
    """
    accepted: Statements = {
        key: (query.text, tuple(plan.statement for plan in query.plans)) for key, query in baseline.queries.items()
    }
    clock = Clock(None, moment(captured), datetime.now(UTC))
    sent = partial(_as_of, {key: query.captured for key, query in baseline.queries.items()}, clock)
    planned, refused = plan_all(accepted, schema, statistics, what_if, sent)
    tables, indexes = table_rows(schema, statistics), index_definitions(schema)
    comparisons = [
        Comparison(
            key,
            baseline.queries[key].text,
            before,
            after.plan,
            baseline,
            tables,
            indexes,
            known_references,
            touched,
            scans(after.root),
        )
        for key, plans in planned.items()
        for before, after in zip(baseline.queries[key].plans, plans, strict=True)
    ]
    found = [(one, verdict) for one in comparisons for verdict in compare(one)]
    verdicts = [*with_settings(found, settings or baseline.settings, what_if, sent)]
    verdicts += [_unplannable(key, baseline.queries[key].text, reason) for key, reason in refused.items()]
    verdicts += judge(baseline, statements, schema, statistics, what_if, propose, partial(_as_of, {}, clock))
    read = {key: frozenset(one.table for plan in plans for one in plan.plan.accesses) for key, plans in planned.items()}
    verdicts = marked(verdicts, assumed or {}, read)
    new = tuple(sorted(set(statements) - set(baseline.queries)))
    return CheckResult(ordered(worst(verdicts)), len(planned) + len(refused), new)


def _as_of(days: Mapping[str, str | None], clock: Clock, key: str, bound: BoundStatement) -> BoundStatement:
    """Return a statement as of today's snapshot; `days` are those of the snapshots that queries were accepted on."""
    own = clock_of(days.get(key), clock.captured, clock.now)
    return as_of(bound, own, accepted=own.accepted is not None)


def worst(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return of several verdicts that say the same of one query, for several ways it is bound, the gravest."""
    kept: dict[tuple[object, ...], Verdict] = {}
    for verdict in sorted(verdicts, key=_gravity):
        kept.setdefault((verdict.query, verdict.code, verdict.table, verdict.index, verdict.fix), verdict)
    return list(kept.values())


def ordered(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the verdicts worst first, then by query, those on migrations in the order of their files and lines."""

    def order(one: Verdict) -> tuple[int, str, str, int, str, str]:
        place = ("", 0) if one.query else (one.file or "", one.line or 0)
        return LEVELS.index(one.level), one.query, *place, one.code, one.cause

    return tuple(sorted(verdicts, key=order))


def _gravity(verdict: Verdict) -> tuple[int, float, str]:
    before, after = verdict.cost_before, verdict.cost_after
    return LEVELS.index(verdict.level), -(after / before if before and after else 0.0), verdict.cause


def _telling(plans: tuple[Planned, ...]) -> tuple[AcceptedPlan, ...]:
    """Return of the plans of each shape the first, the dearest and the cheapest: other values need no entry."""
    shapes: dict[tuple[str, ...], list[AcceptedPlan]] = {}
    for one in plans:
        shapes.setdefault(one.plan.shape, []).append(one.plan)
    kept = {id(plan) for same in shapes.values() for plan in (same[0], max(same, key=_cost), min(same, key=_cost))}
    return tuple(one.plan for one in plans if id(one.plan) in kept)


def _cost(plan: AcceptedPlan) -> float:
    return plan.cost


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
