"""The view model that every output format renders: one value, built once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.catalog.index import quote_identifier
from advisor.indexes.proposal import Advice, IndexProposal
from advisor.revisions.contract import VERSION
from advisor.revisions.revision import Revision
from advisor.rules.finding import Finding
from advisor.twin.sessions import PlannedAs
from advisor.verify.proof import Proof
from advisor.workload.model import Workload

SCHEMA_VERSION = VERSION


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


def drop_statement(proposal: IndexProposal) -> str:
    """Return the `DROP INDEX` of a proposal to drop."""
    schema = quote_identifier(proposal.definition.schema)
    return f"DROP INDEX {schema}.{quote_identifier(proposal.name)}"
