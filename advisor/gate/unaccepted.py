"""Judges what the merge runs and no baseline holds: new queries, and known ones with other texts or values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.gate.baseline import AcceptedQuery, Baseline
from advisor.gate.judged_plan import Subject
from advisor.gate.planned.plans import Sent, Statements, plan_all, table_rows
from advisor.gate.relation_names import naming
from advisor.gate.verdict import Level, Verdict
from advisor.gate.wastes import wastes
from advisor.gate.weight import weighs
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Refused, WhatIf

DEAR = 100.0
"""Cost units up to which a new query is left alone: about a millisecond."""
DEARER, FAR_DEARER = 1.5, 10.0
"""How many times as dear as the dearest accepted plan new values may be: where the plan is bad, and at all."""

SAVED, DEARER_WITHOUT = 0.8, 1_000.0
"""Share of its cost that an index must save of a new query, and units of that cost, to be a verdict by itself."""


@dataclass(frozen=True, slots=True)
class Saving:
    """An index that would save much of a query's cost."""

    ddl: str
    """The statement that makes it."""
    before: float
    after: float
    """Cost units of the query without and with it."""


Propose = Callable[[frozenset[str]], Mapping[str, Saving]]
"""Returns for some queries the index that would save most of their cost, where there is one."""


def unaccepted(baseline: Baseline, statements: Statements) -> dict[str, tuple[str, tuple[BoundStatement, ...]]]:
    """Return the statements that the baseline does not hold, as they are sent."""
    known = {
        (plan.statement.text, plan.statement.parameters) for query in baseline.queries.values() for plan in query.plans
    }
    left = {
        key: (text, tuple(one for one in bound if (one.text, one.parameters) not in known))
        for key, (text, bound) in statements.items()
    }
    return {key: (text, bound) for key, (text, bound) in sorted(left.items()) if bound}


def judge(
    baseline: Baseline,
    statements: Statements,
    schema: Schema,
    statistics: Statistics,
    what_if: WhatIf,
    propose: Propose = lambda queries: {},
    sent: Sent = lambda key, bound: bound,
) -> list[Verdict]:
    """Return a verdict for each statement without an accepted plan that is bad by the rules."""
    asked = unaccepted(baseline, statements)
    planned, refused = plan_all(asked, schema, statistics, what_if, sent)
    tables = table_rows(schema, statistics)
    dear = {key for key, plans in planned.items() if any(one.plan.cost >= DEAR for one in plans)}
    new = frozenset(dear - baseline.queries.keys())
    indexes = propose(new) if new else {}
    found: list[Verdict] = []
    for key, plans in planned.items():
        accepted = baseline.queries.get(key)
        subjects = [Subject(one, naming(schema, one.plan.statement), tables) for one in plans]
        judged = (
            _new(key, asked[key][0], subjects, indexes.get(key)) if accepted is None else _known(accepted, subjects)
        )
        found += judged
    return [*found, *_refusals(asked, refused, baseline)]


def _new(key: str, text: str, subjects: Iterable[Subject], index: Saving | None) -> Iterator[Verdict]:
    for subject in subjects:
        plan = subject.planned.plan
        reasons = wastes(subject) if max(plan.cost, plan.worst or 0.0) >= DEAR else ()
        if not reasons and index and plan.cost >= DEARER_WITHOUT and index.after <= (1 - SAVED) * index.before:
            share = 1 - index.after / index.before
            reasons = (f"an index would save {share:.0%} of its cost ({index.before:,.0f} to {index.after:,.0f})",)
        if reasons:
            yield Verdict(
                code="PLN007",
                name="new-query",
                level=_level(plan.statement),
                query=key,
                text=_shown(plan.statement, text),
                cause=f"a new query: {'; '.join(reasons)}",
                fix=index.ddl
                if index
                else "give it a condition that an index serves, or accept it with --update-baseline",
                table=_largest(subject),
                cost_after=plan.cost,
            )


def _known(accepted: AcceptedQuery, subjects: Iterable[Subject]) -> Iterator[Verdict]:
    dearest = max(accepted.plans, key=lambda plan: plan.cost)
    for subject in subjects:
        plan = subject.planned.plan
        reasons = wastes(subject)
        allowed = DEARER if reasons else FAR_DEARER
        bound = max(plan.cost, plan.worst or 0.0) if reasons else plan.cost
        if weighs(max(dearest.cost, dearest.worst or 0.0), bound, allowed, accepted.calls):
            most = max(plan.accesses, key=lambda one: one.rows, default=None)
            rows = f"it reads about {most.rows:,.0f} rows of {most.table}" if most else "it is dear"
            yield Verdict(
                code="PLN012",
                name="new-value",
                level=_level(plan.statement),
                query=accepted.id,
                text=_shown(plan.statement, accepted.text),
                cause=(
                    f"a new text or value of a known query: {'; '.join(reasons) or rows}; {bound / dearest.cost:,.1f}"
                    " times its dearest accepted plan"
                ),
                fix="let an index serve this form too, or accept it with --update-baseline",
                table=_largest(subject),
                cost_before=dearest.cost,
                cost_after=plan.cost,
            )


def _refusals(asked: Statements, refused: Mapping[str, Refused], baseline: Baseline) -> Iterator[Verdict]:
    for key, reason in refused.items():
        if key not in baseline.queries:
            yield Verdict(
                code="PLN008",
                name="not-plannable",
                level="fail",
                query=key,
                text=asked[key][0],
                cause=f"a new query that the server does not plan: {reason.reason}",
                fix="look at the statement: what it reads is not there, or of another type",
            )


def _level(statement: BoundStatement) -> Level:
    """Return `fail` where the values are real; a plan on guessed values only warns."""
    return "fail" if statement.basis == "logged" else "warn"


def _shown(statement: BoundStatement, text: str) -> str:
    return text if statement.parameters is not None else statement.text


def _largest(subject: Subject) -> str | None:
    read = sorted({one.table for one in subject.planned.plan.accesses})
    return max(read, key=lambda table: subject.tables.get(table, 0.0), default=None)
