"""The straight line as one function: inputs and a snapshot in, a report out; commands differ in what they ask of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.roles import Role
from advisor.catalog.schema import Table
from advisor.catalog.snapshot import Snapshot, load_snapshot, snapshot_from_files, take_snapshot
from advisor.catalog.snapshots.assumed import ROWS, assumed
from advisor.catalog.statistics import Statistics
from advisor.errors import UsageError
from advisor.indexes.advise_indexes import advise
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice, IndexProposal, WhyNot
from advisor.indexes.sizes.size import estimate_size
from advisor.output.report import Report
from advisor.pipeline.analysed import Analysed, analyse_workload
from advisor.pipeline.compared_plans import compared_plans
from advisor.progress import Progress
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.proof.proving_database import proof_database
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rules.context import RuleContext, RuleOptions
from advisor.rules.finding import Finding
from advisor.rules.planned import plan_counted, plan_offers
from advisor.rules.printed import print_proven
from advisor.rules.run import find
from advisor.twin.costing.switchboard import Switchboard
from advisor.twin.plan import PlanNode
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused, WhatIf
from advisor.workload.model import Workload

__all__ = [
    "Analysed",
    "advise_on",
    "advised",
    "analyse_workload",
    "asking",
    "findings_on",
    "of_database",
    "read_snapshot",
    "size_of",
    "with_sizes",
]

ASSUMED = f"no statistics were given: every table is taken to have {ROWS:,} rows, so every proposal is unsure"
"""Note of a report, and of a twin, whose sizes are assumed."""


def read_snapshot(snapshot: Path | None, schema: Path | None, statistics: Path | None, url: str | None) -> Snapshot:
    """Return the snapshot in a folder, of a dump with statistics, or of a live server, in this order of preference."""
    if snapshot:
        return load_snapshot(snapshot)
    if schema:
        return snapshot_from_files(schema, statistics)
    assert url
    return take_snapshot(url)


def asking(snapshot: Snapshot, role: str | None) -> Snapshot:
    """Return the snapshot with the role that queries are to be planned as.

    One that knows no roles takes any; raises `UsageError` when one that does has no such role.
    """
    if role is None or snapshot.role(role):
        return snapshot
    if snapshot.roles:
        near = get_close_matches(role, [one.name for one in snapshot.roles], 3)
        do = f"name one of its roles: {', '.join(near or [one.name for one in snapshot.roles][:5])}"
        raise UsageError(f"--role {role}: the snapshot has no such role", do=do)
    return replace(snapshot, roles=(Role(role),))


def with_sizes(snapshot: Snapshot, provider: str) -> tuple[Snapshot, bool]:
    """Return the snapshot, with assumed table sizes where it holds no statistics at all, and whether it does."""
    if snapshot.statistics.relations:
        return snapshot, False
    with start_twin(snapshot, provider) as twin:
        return replace(snapshot, statistics=assumed(snapshot.statistics, twin.schema)), True


def size_of(definition: IndexDefinition, table: Table, statistics: Statistics, version: int) -> IndexSize:
    """Return the size of an index that the snapshot does not know, for the twin."""
    return estimate_size(definition, table, statistics, version // 10_000)


def unsure(report: Report) -> Report:
    """Return the report with every proposal to build of low confidence, since the sizes are assumed; a note says so."""
    proposals = tuple(
        one if one.action == "drop" else replace(one, confidence="low") for one in report.advice.proposals
    )
    notes = tuple(dict.fromkeys((*report.notes, ASSUMED)))
    return replace(report, advice=replace(report.advice, proposals=proposals), notes=notes)


def of_database(workload: Workload, database: str | None) -> Workload:
    """Return the queries of one database; those of others are named in a note.

    An export that was not joined with `pg_database` knows databases by number only (`oid 16384`): of these the one
    with the most time is taken for ours.
    """
    totals: dict[str, float] = defaultdict(float)
    for query in workload.queries:
        if query.database:
            totals[query.database] += query.total_ms
    numbered = [name for name in totals if name.startswith("oid ")]
    ours = {database, max(numbered, key=lambda name: (totals[name], name), default=None)}
    left = {query.id for query in workload.queries if query.database and database and query.database not in ours}
    if not left:
        return workload
    names = ", ".join(sorted(set(totals) - ours))
    return replace(
        workload,
        queries=tuple(query for query in workload.queries if query.id not in left),
        loops=tuple(loop for loop in workload.loops if loop.child not in left),
        notes=(*workload.notes, f"left out: {len(left)} queries of other databases ({names})"),
    )


def with_reasons(advice: Advice, unanalysed: Mapping[str, str]) -> Advice:
    """Return the advice with the reason why a query was not analysed as the reason why it got no index."""
    missing = tuple(
        WhyNot(why.query, "not-analysed", f"not analysed: {unanalysed[why.query]}") if why.query in unanalysed else why
        for why in advice.why_not
    )
    return replace(advice, why_not=missing)


def plans_of(statements: Mapping[str, tuple[BoundStatement, ...]], what_if: WhatIf) -> dict[str, PlanNode]:
    """Return the plan of each query's weightiest statement with the schema as it is, where there is one."""
    asked = [(query, bound[0]) for query, bound in statements.items() if bound]
    answers = what_if.plan([Ask(statement) for _, statement in asked])
    return {query: answer for (query, _), answer in zip(asked, answers, strict=True) if not isinstance(answer, Refused)}


def advised(analysed: Analysed, twin: Twin, options: AdviseOptions) -> Advice:
    """Return index proposals for an analysed workload, and for every heavy query without one the reason."""
    known = (twin.schema, twin.statistics, twin.what_if, options)
    found = advise(analysed.workload, analysed.shapes, analysed.statements, *known)
    return with_reasons(as_printed(found, twin.what_if), analysed.unanalysed)


def as_printed(advice: Advice, what_if: Switchboard) -> Advice:
    """Return the advice with the server's own text of each key that is an expression, for the line of the model."""
    return replace(advice, proposals=tuple(_as_printed(one, what_if) for one in advice.proposals))


def _as_printed(proposal: IndexProposal, what_if: Switchboard) -> IndexProposal:
    if proposal.action == "drop" or all(key.column for key in proposal.definition.keys):
        return proposal
    return replace(proposal, printed_keys=what_if.printed_keys(proposal.definition))


def findings_on(
    analysed: Analysed,
    twin: Twin,
    proposals: tuple[IndexProposal, ...],
    progress: Progress,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    environment: str | None = None,
    rule_options: RuleOptions | None = None,
) -> tuple[Finding, ...]:
    """Return what the rules find; `environment` is the text of an env.py."""
    context = RuleContext(
        workload=analysed.workload,
        shapes=analysed.shapes,
        schema=twin.schema,
        statistics=twin.statistics,
        proposals=proposals,
        plans=plans_of(analysed.statements, twin.what_if),
        environment=environment,
        options=rule_options or RuleOptions(),
        parameter_types=twin.parameter_types,
    )
    context = plan_counted(context, analysed.statements, twin.what_if)
    offered = plan_offers(find(context, select, ignore), context, analysed.statements, twin.what_if)
    return _proven(offered, twin, progress)


def advise_on(
    analysed: Analysed,
    twin: Twin,
    options: AdviseOptions,
    progress: Progress,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    environment: str | None = None,
    rule_options: RuleOptions | None = None,
) -> Report:
    """Return proposals and findings for an analysed workload on its twin; `environment` is the text of an env.py."""
    with progress.step(f"costed {len(analysed.statements)} queries"):
        advice = advised(analysed, twin, options)
    asked = (progress, select, ignore, environment, rule_options)
    findings = findings_on(analysed, twin, advice.proposals, *asked)
    return Report(
        workload=analysed.workload,
        advice=advice,
        findings=findings,
        unanalysed=analysed.unanalysed,
        planned_as=analysed.planned_as,
        notes=(*twin.snapshot.notes, *twin.notes, *analysed.notes),
        server=twin.description,
        plans=compared_plans(advice.proposals, analysed.statements, twin),
    )


def _proven(findings: tuple[Finding, ...], twin: Twin, progress: Progress) -> tuple[Finding, ...]:
    """Print what was proven on rows, in a throw-away database that is made where a finding offers a statement."""
    if not any(isinstance(offer.rewrite, Rewrite) for finding in findings for offer in finding.offers):
        return print_proven(findings, lambda rewrite: Refusal("it was not tried"))
    with (
        progress.step("ran what is offered on rows"),
        proof_database(twin.superuser, twin.snapshot) as database,
    ):
        return print_proven(findings, Prover(database).prove)
