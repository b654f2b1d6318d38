"""The view model that every output format renders: one value, built once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisor.catalog.index import quote_identifier
from advisor.indexes.decision import Decision
from advisor.indexes.proposal import Advice, IndexProposal
from advisor.revisions.contract import VERSION
from advisor.revisions.revision import Revision
from advisor.rules.finding import Finding
from advisor.twin.binding.planning_sessions import PlannedAs
from advisor.twin.plan import PlanNode
from advisor.verify.proof import Proof
from advisor.workload.model import Workload

SCHEMA_VERSION = VERSION
FailLevel = Literal["error", "warning", "info", "never"]
FAIL_LEVELS: tuple[FailLevel, ...] = ("error", "warning", "info")
"""Levels of findings, worst first: one fails with what stands before it."""


@dataclass(frozen=True, slots=True)
class ComparedPlans:
    """The plan of one query as the schema is, and with every proposal carried out."""

    query: str
    """Query id."""
    before: PlanNode
    after: PlanNode


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run of the advisor has to say."""

    workload: Workload
    advice: Advice
    findings: tuple[Finding, ...] = ()
    revisions: tuple[Revision, ...] = ()
    proof: Proof | None = None
    unanalysed: Mapping[str, str] = field(default_factory=dict)
    """Query id to why it has no shape or no plan."""
    planned_as: Mapping[str, tuple[PlannedAs, ...]] = field(default_factory=dict)
    """Query id to the roles it was planned as."""
    notes: tuple[str, ...] = ()
    """Warnings that concern the whole run: skipped tables, a twin of another version, redacted statistics."""
    server: str = ""
    """What the twin is, for example `PostgreSQL 18.1 (embedded)`."""
    fail_level: FailLevel = "never"
    """What ends the command with status 1: a finding of this level or a worse one, or a proposal nobody accepted."""
    accepted: Mapping[str, Decision] = field(default_factory=dict)
    """By proposal id: what somebody decided for."""
    plans: tuple[ComparedPlans, ...] = ()
    """Plans of queries that proposals serve, those that gain most first."""

    @property
    def failed(self) -> bool:
        """Return whether a proof failed, a finding is of a level that fails, or any may and a proposal is new."""
        return bool(
            (self.proof and not self.proof.passed)
            or any(self.fails(finding) for finding in self.findings)
            or any(self.asks(proposal) for proposal in self.advice.proposals)
        )

    def asks(self, proposal: IndexProposal) -> bool:
        """Return whether a proposal fails the run: any level may, and nobody has accepted it."""
        return self.fail_level != "never" and proposal.id not in self.accepted

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding is of a level that fails."""
        levels = () if self.fail_level == "never" else FAIL_LEVELS[: FAIL_LEVELS.index(self.fail_level) + 1]
        return finding.level in levels

    @property
    def summary(self) -> str:
        """Return one line: how it ended, and how many proposals and findings there are."""
        levels = [finding.level for finding in self.findings]
        count = len(self.advice.proposals)
        known = f" ({len(self.accepted)} of them accepted)" if self.accepted else ""
        parts = [f"{len(self.workload.queries)} queries read", f"{count} index proposals{known}"]
        parts += [f"{levels.count(level)} findings of level {level}" for level in FAIL_LEVELS if level in levels]
        parts += ["a revision is not proven"] if self.proof and not self.proof.passed else []
        ended = "FAILED" if self.failed else "passed"
        asked = f" (--fail-level {self.fail_level})" if self.fail_level != "never" else ""
        return f"{ended}{asked}: {', '.join(parts)}"


def statement(proposal: IndexProposal) -> str:
    """Return the statement of a proposal."""
    return drop_statement(proposal) if proposal.action == "drop" else proposal.definition.ddl(proposal.name)


def decide(proposal: IndexProposal) -> str:
    """Return the line of `[tool.advisor]` that decides on exactly this proposal, once a reason is filled in."""
    return f'proposals = [{{ id = "{proposal.id}", decision = "rejected", reason = "…" }}]'


def drop_statement(proposal: IndexProposal) -> str:
    """Return the `DROP INDEX` of a proposal to drop."""
    schema = quote_identifier(proposal.definition.schema)
    return f"DROP INDEX {schema}.{quote_identifier(proposal.name)}"
