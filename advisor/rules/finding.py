"""A finding: anything reported, with what, where, evidence, proposal, certainty and how to silence it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.indexes.proposal import Confidence
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rules.evidence import Evidence, Facts

Level = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A statement a finding would offer: printed only when it was proven on rows (`advisor.rules.printed`)."""

    name: Literal["rewritten", "choice", "joined"]
    """Key of the evidence that takes its text."""
    lead: str
    """What stands before it."""
    rewrite: Rewrite | Refusal
    after: str = ""
    """What stands after it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a workload, schema or plan reveals."""

    id: str
    """Stable across runs: what suppressions and baselines name."""
    code: str
    name: str
    title: str
    """One line: what is wrong and where."""
    confidence: Confidence
    level: Level = "warning"
    table: str | None = None
    query: str | None = None
    """Id of the query it is about."""
    evidence: Evidence | Facts = Facts()  # noqa: RUF009 - it is frozen
    proposal: str | None = None
    """Id of the index proposal it leads to."""
    fix: str = ""
    """What to do, with real names filled in."""
    cost: str = ""
    """What the fix costs."""
    statistics: ExtendedStatistics | None = None
    """The statistics object it proposes, for which `--write` writes a revision."""

    offers: tuple[Offer, ...] = ()
    """Statements not yet proven; none is left once findings are reported."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return the evidence as JSON holds it."""
        return self.evidence.facts()

    @property
    def silence(self) -> str:
        """Return the line of `[tool.advisor]` that silences exactly this finding, once a reason is filled in."""
        return f'suppress = [{{ id = "{self.id}", reason = "…" }}]'
