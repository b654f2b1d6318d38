"""Plans the statements that findings offer instead, and says whether an index serves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from advisor.rules.context import Planned, RuleContext
from advisor.rules.finding import Finding
from advisor.rules.sta.counted import counted
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused, WhatIf


def plan_rewritten(findings: Sequence[Finding], context: RuleContext, what_if: WhatIf) -> tuple[Finding, ...]:
    """Return the findings with, for each that offers a statement, its plan beside that of what it replaces.

    The evidence gains `planned`: `cost` of the statement offered, `cost_now` (of all rounds of a loop), `indexes` it
    reads and `whole_tables` it reads from end to end; or `refused`, the server's words, when it cannot be planned.
    """
    offered = [
        finding for finding in findings if finding.evidence.get("rewritten") and finding.query in context.queries
    ]
    asks: list[Ask] = []
    for finding in offered:
        asks += [_ask(context.queries[finding.query or ""].text), _ask(finding.evidence["rewritten"])]
    answers = what_if.plan(asks) if asks else []
    planned = {
        finding.id: _judged(finding, answers[2 * number], answers[2 * number + 1], context)
        for number, finding in enumerate(offered)
    }
    return tuple(planned.get(finding.id, finding) for finding in findings)


def plan_counted(
    context: RuleContext, statements: Mapping[str, Sequence[BoundStatement]], what_if: WhatIf
) -> RuleContext:
    """Return the context with the plans of all statements of those queries whose rows tell of estimates."""
    asked = [(query, statement) for query in counted(context) for statement in statements.get(query, ())]
    answers = what_if.plan([Ask(statement) for _, statement in asked]) if asked else []
    found: dict[str, tuple[Planned, ...]] = {}
    for (query, statement), answer in zip(asked, answers, strict=True):
        if isinstance(answer, PlanNode):
            found[query] = (*found.get(query, ()), Planned(statement, answer))
    return replace(context, every_plan=found)


def _ask(text: str) -> Ask:
    return Ask(BoundStatement(text, None, "generic"))


def _judged(finding: Finding, now: PlanNode | Refused, then: PlanNode | Refused, context: RuleContext) -> Finding:
    if isinstance(then, Refused):
        return replace(finding, evidence={**finding.evidence, "planned": {"refused": then.reason}})
    rounds = float(finding.evidence.get("per_loop", {}).get("median", 1.0))
    whole = _whole_tables(then, context)
    planned: dict[str, Any] = {
        "cost": then.total_cost,
        "cost_now": None if isinstance(now, Refused) else now.total_cost * rounds,
        "indexes": sorted(then.indexes),
        "whole_tables": whole,
    }
    return replace(
        finding, evidence={**finding.evidence, "planned": planned}, fix=finding.fix + _served(finding, whole, then)
    )


def _whole_tables(plan: PlanNode, context: RuleContext) -> list[str]:
    """Return the tables of some size that the plan reads from end to end."""
    least = context.options.rows_minimum
    return sorted(
        {
            node.relation
            for node in plan.walk()
            if node.node_type == "Seq Scan"
            and node.relation
            and context.statistics.rows(node.schema or "public", node.relation) >= least
        }
    )


def _served(finding: Finding, whole: list[str], plan: PlanNode) -> str:
    """Return the sentence that says which index serves the statement, or that none does yet."""
    if whole:
        remedy = f"proposal {finding.proposal} is that index" if finding.proposal else "give its keys one"
        return f"\nplanned: no index serves it yet, {', '.join(whole)} is read whole; {remedy}"
    return f"\nplanned: it reads {', '.join(sorted(plan.indexes))}" if plan.indexes else ""
