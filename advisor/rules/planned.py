"""Plans the statements that findings offer instead, and says whether an index serves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from msgspec import UNSET, structs

from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rules.context import Planned, RuleContext
from advisor.rules.evidence import OfferEvidence, PlannedOffer
from advisor.rules.finding import Finding, Offer
from advisor.rules.loops.loop_evidence import LoopEvidence
from advisor.rules.sta.counted import counted
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused, WhatIf


def plan_offers(
    findings: Sequence[Finding],
    context: RuleContext,
    statements: Mapping[str, Sequence[BoundStatement]],
    what_if: WhatIf,
) -> tuple[Finding, ...]:
    """Return the findings with the statements they offer planned, as the role and session that sent their query.

    What the server refuses is offered no more.

    The evidence gains `planned`, of the first statement: its `cost`, `cost_now` (of all rounds of a loop), `indexes` it
    reads and `whole_tables` it reads from end to end.
    """
    asks: list[Ask] = []
    for finding, offer in _offered(findings):
        bound = next(iter(statements.get(finding.query or "", ())), BoundStatement("", None, "generic"))
        asks += [_ask(text, bound) for text in (context.queries[finding.query or ""].text, offer.text)]
    answers = iter(what_if.plan(asks) if asks else [])
    planned = {(finding.id, offer.text): (next(answers), next(answers)) for finding, offer in _offered(findings)}
    return tuple(_judged(finding, planned, context) for finding in findings)


def _offered(findings: Sequence[Finding]) -> list[tuple[Finding, Rewrite]]:
    return [(finding, offer.rewrite) for finding in findings for offer in finding.offers
            if isinstance(offer.rewrite, Rewrite)]  # fmt: skip


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


def _ask(text: str, bound: BoundStatement) -> Ask:
    return Ask(replace(bound, text=text, parameters=None, basis="generic", weight=1.0, assumed=()))


_Plans = Mapping[tuple[str, str], tuple[PlanNode | Refused, PlanNode | Refused]]


def _judged(finding: Finding, plans: _Plans, context: RuleContext) -> Finding:
    """Return the finding with what the plans say; what the server refuses is no longer offered."""
    offers: list[Offer] = []
    evidence = finding.evidence
    for offer in finding.offers:
        if isinstance(offer.rewrite, Rewrite):
            now, then = plans[finding.id, offer.rewrite.text]
            if isinstance(then, Refused):
                offer = replace(offer, rewrite=Refusal(f"the server refuses it: {then.reason}"))
            elif isinstance(evidence, OfferEvidence) and evidence.planned is UNSET and offer.name == "rewritten":
                whole = _whole_tables(then, context)
                evidence = structs.replace(evidence, planned=_costs(evidence, now, then, whole))
                offer = replace(offer, after=offer.after + _served(finding, whole, then))
        offers.append(offer)
    return replace(finding, evidence=evidence, offers=tuple(offers)) if finding.offers else finding


def _costs(evidence: OfferEvidence, now: PlanNode | Refused, then: PlanNode, whole: list[str]) -> PlannedOffer:
    rounds = evidence.per_loop.median if isinstance(evidence, LoopEvidence) else 1.0
    return PlannedOffer(
        cost=then.total_cost,
        cost_now=None if isinstance(now, Refused) else now.total_cost * rounds,
        indexes=sorted(then.indexes),
        whole_tables=whole,
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
