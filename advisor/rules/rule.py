"""The base of all rules: a code, a name, a page (the class docstring) and one method."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.indexes.proposal import Confidence
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence, Facts
from advisor.rules.finding import Finding, Level, Offer


class Rule(ABC):
    """One thing to look for; subclasses are found by discovery and their docstring is their page."""

    code: ClassVar[str]
    """Family and three digits, for example `NPO001`; never reused."""
    name: ClassVar[str]
    """Kebab-case; accepted wherever the code is."""
    level: ClassVar[Level] = "warning"
    evidence: ClassVar[type[Evidence] | None] = None
    """What its findings show for themselves; `None` where a rule of another package declares nothing."""

    @abstractmethod
    def find(self, context: RuleContext) -> Iterable[Finding]:
        """Yield what the rule finds, in any order."""

    def finding(
        self,
        identity: Iterable[str],
        title: str,
        *,
        confidence: Confidence,
        evidence: Evidence | Mapping[str, Any],
        fix: str,
        table: str | None = None,
        query: str | None = None,
        proposal: str | None = None,
        cost: str = "",
        statistics: ExtendedStatistics | None = None,
        offers: tuple[Offer, ...] = (),
    ) -> Finding:
        """Return a finding of this rule; `identity` is what stays the same from one capture to the next."""
        return Finding(
            id=stable_id(self.code, *identity),
            code=self.code,
            name=self.name,
            title=title,
            confidence=confidence,
            level=self.level,
            table=table,
            query=query,
            evidence=evidence if isinstance(evidence, Evidence) else Facts(evidence),
            proposal=proposal,
            fix=fix,
            cost=cost,
            statistics=statistics,
            offers=offers,
        )


def stable_id(*parts: str) -> str:
    """Return twelve hexadecimal digits that depend on these parts alone."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
