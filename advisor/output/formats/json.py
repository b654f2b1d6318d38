"""The JSON contract of `docs/json.md`: versioned, stable in order, without timestamps of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from advisor.capture.coverage import InputCoverage
from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.indexes.choice.explain import reasons_told
from advisor.indexes.decision import Decision
from advisor.indexes.proposal import IndexProposal, QueryBenefit
from advisor.output.plans.explained_document import explained_document
from advisor.output.plans.plan_document import plan_document
from advisor.output.report import SCHEMA_VERSION, Report, drop_statement
from advisor.revisions.revision import Revision
from advisor.rules.finding import Finding
from advisor.twin.binding.planning_sessions import PlannedAs
from advisor.verify.proof import Proof, RevisionProof, Timing
from advisor.workload.model import Query


def render(report: Report) -> str:
    """Return the report as an indented JSON document with a final newline."""
    return orjson.dumps(document(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def document(report: Report) -> dict[str, Any]:
    """Return the document of the contract as plain Python values."""
    revisions = {(revision.proposal, revision.index): revision for revision in report.revisions}
    told = reasons_told(report.advice)
    return {
        "schema_version": SCHEMA_VERSION,
        "inputs": [input_document(coverage) for coverage in report.workload.inputs],
        "coverage": _coverage(report),
        "queries": [
            {**_query(query, report.planned_as.get(query.id, ())), "advice": told.get(query.id)}
            for query in report.workload.queries
        ],
        "findings": [
            _finding(finding, revisions.get((finding.id, finding.statistics.name)) if finding.statistics else None)
            for finding in report.findings
        ],
        "proposals": [
            {
                **_proposal(proposal, revisions.get((proposal.id, proposal.name))),
                "accepted": _decision(report.accepted.get(proposal.id)),
            }
            for proposal in report.advice.proposals
        ],
        "explained": [explained_document(one) for one in report.advice.explained],
        "proof": _proof(report.proof) if report.proof else {},
        "plans": [
            {"query": one.query, "before": plan_document(one.before), "after": plan_document(one.after)}
            for one in report.plans
        ],
        "failed": report.failed,
        "fail_level": report.fail_level,
    }


def input_document(coverage: InputCoverage) -> dict[str, Any]:
    """Return one entry of `inputs[]`."""
    return {
        "name": coverage.name,
        "kind": coverage.kind,
        "bytes": coverage.size,
        "lines": coverage.lines,
        "records": coverage.records,
        "executions": coverage.executions,
        "understood": round(coverage.understood, 6),
        "skipped": {
            reason: {"count": skip.count, "examples": list(skip.examples)}
            for reason, skip in sorted(coverage.skipped.items())
        },
        "settings": dict(sorted(coverage.settings.items())),
        "hides": list(coverage.hides),
        "filtered": {
            reason: {"count": skip.count, "examples": list(skip.examples)}
            for reason, skip in sorted(coverage.filtered.items())
        },
    }


def _coverage(report: Report) -> dict[str, Any]:
    workload = report.workload
    return {
        "queries": len(workload.queries),
        "calls": sum(query.calls for query in workload.queries),
        "total_ms": sum(query.total_ms for query in workload.queries),
        "begin": workload.begin,
        "end": workload.end,
        "days": workload.days,
        "not_analysed": dict(sorted(report.unanalysed.items())),
        "without_proposal": [
            {"query": why.query, "reason": why.reason, "explanation": why.explanation} for why in report.advice.why_not
        ],
        "time_saved_ms_per_day": report.advice.time_saved_ms_per_day,
        "rates": report.advice.rates,
        "hot_updates": [
            {
                "schema": one.schema,
                "table": one.table,
                "updates_per_day": one.updates_per_day,
                "today": one.today,
                "after": one.after,
            }
            for one in report.advice.hot_updates
        ],
        "rejected": [
            {
                "id": one.id,
                "schema": one.definition.schema,
                "table": one.definition.table,
                "name": one.name,
                **(_decision(one.decision) or {}),
            }
            for one in report.advice.rejected
        ],
        "planner_calls": report.advice.asked,
        "curve": [{"bytes": size, "time_saved_ms_per_day": saved} for size, saved in report.advice.curve],
        "server": report.server,
        "notes": [*workload.notes, *report.advice.notes, *report.notes],
    }


def _decision(decision: Decision | None) -> dict[str, Any] | None:
    """Return why somebody decided so, and until when."""
    if decision is None:
        return None
    return {"reason": decision.reason, "expires": str(decision.expires) if decision.expires else None}


def _query(query: Query, planned_as: Sequence[PlannedAs]) -> dict[str, Any]:
    return {
        "id": query.id,
        "text": query.text,
        "calls": query.calls,
        "total_ms": query.total_ms,
        "mean_ms": query.mean_ms,
        "p50_ms": query.p50_ms,
        "p95_ms": query.p95_ms,
        "p99_ms": query.p99_ms,
        "max_ms": query.max_ms,
        "rows": query.rows,
        "database": query.database,
        "applications": list(query.applications),
        "users": list(query.users),
        "planned_as": [{"role": one.role, "share": one.share, "known": one.known} for one in planned_as],
        "tags": {key: list(values) for key, values in sorted(query.tags.items())},
        "unparsed": query.unparsed,
    }


def _finding(finding: Finding, revision: Revision | None) -> dict[str, Any]:
    return {
        "id": finding.id,
        "code": finding.code,
        "name": finding.name,
        "title": finding.title,
        "level": finding.level,
        "confidence": finding.confidence,
        "table": finding.table,
        "query": finding.query,
        "evidence": finding.facts,
        "proposal": finding.proposal,
        "fix": finding.fix,
        "cost": finding.cost,
        "silence": finding.silence,
        "statistics": _statistics(finding.statistics, revision) if finding.statistics else None,
    }


def _statistics(statistics: ExtendedStatistics, revision: Revision | None) -> dict[str, Any]:
    return {
        "schema": statistics.schema,
        "name": statistics.name,
        "table_schema": statistics.table_schema,
        "table": statistics.table,
        "columns": list(statistics.columns),
        "kinds": list(statistics.kinds),
        "ddl": statistics.ddl,
        "revision": _revision(revision) if revision else None,
    }


def _proposal(proposal: IndexProposal, revision: Revision | None) -> dict[str, Any]:
    definition = proposal.definition
    dropping = proposal.action == "drop"
    return {
        "id": proposal.id,
        "action": proposal.action,
        "schema": definition.schema,
        "table": definition.table,
        "name": proposal.name,
        "ddl": drop_statement(proposal) if dropping else definition.ddl(proposal.name),
        "method": definition.method,
        "columns": [key.sql for key in definition.keys],
        "keys": [
            {
                "expression": key.expression,
                "column": key.column,
                "opclass": key.opclass,
                "collation": key.collation,
                "descending": key.descending,
                "nulls_first": key.nulls_first,
            }
            for key in definition.keys
        ],
        "include": list(definition.include),
        "where": definition.where,
        "unique": definition.unique,
        "storage": [list(pair) for pair in definition.storage],
        "size_bytes": proposal.size.bytes,
        "size": {"tuples": proposal.size.tuples, "pages": proposal.size.pages, "height": proposal.size.height},
        "benefit": {
            "time_saved_ms_per_day": proposal.benefit.time_saved_ms_per_day,
            "time_saved_alone_ms_per_day": proposal.benefit.time_saved_alone_ms_per_day,
            "cost_before": proposal.benefit.cost_before,
            "cost_after": proposal.benefit.cost_after,
            "percent": proposal.benefit.percent,
        },
        "write_cost": {
            "ms_per_day": proposal.write_cost.ms_per_day,
            "writes_per_day": proposal.write_cost.writes_per_day,
            "hot_updates_lost_per_day": proposal.write_cost.hot_updates_lost_per_day,
        },
        "queries": [_benefit(benefit) for benefit in proposal.queries],
        "basis": proposal.basis,
        "confidence": proposal.confidence,
        "reason": proposal.reason,
        "replaces": list(proposal.replaces),
        "requires": list(proposal.requires),
        "printed_keys": list(proposal.printed_keys),
        "revision": _revision(revision) if revision else None,
    }


def _benefit(benefit: QueryBenefit) -> dict[str, Any]:
    return {
        "query": benefit.query,
        "cost_before": benefit.cost_before,
        "cost_after": benefit.cost_after,
        "time_saved_ms_per_day": benefit.time_saved_ms_per_day,
        "basis": benefit.basis,
    }


def _revision(revision: Revision) -> dict[str, Any]:
    return {
        "revision": revision.revision,
        "down_revision": revision.down_revision,
        "path": str(revision.path),
        "model": revision.model_snippet,
        "sql": revision.sql,
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "server": proof.server,
        "basis": proof.basis,
        "passed": proof.passed,
        "revisions": [_revision_proof(revision) for revision in proof.revisions],
        "timings": [_timing(timing) for timing in proof.timings],
        "notes": list(proof.notes),
    }


def _revision_proof(proof: RevisionProof) -> dict[str, Any]:
    return {
        "revision": proof.revision,
        "proposal": proof.proposal,
        "index": proof.index,
        "passed": proof.passed,
        "steps": [{"name": step.name, "passed": step.passed, "detail": step.detail} for step in proof.steps],
    }


def _timing(timing: Timing) -> dict[str, Any]:
    return {
        "query": timing.query,
        "executions": timing.executions,
        "before_ms": dict(zip(("p50", "p95", "p99"), timing.before, strict=True)),
        "after_ms": dict(zip(("p50", "p95", "p99"), timing.after, strict=True)),
        "total_before_ms": timing.total_before_ms,
        "total_after_ms": timing.total_after_ms,
    }
