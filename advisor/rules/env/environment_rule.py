"""The base of the ENV rules: each reports the findings of its own code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from advisor.rules.context import RuleContext
from advisor.rules.env.read_environment import check_source
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule


class EnvironmentEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of the family ENV shows for itself."""

    line: int
    """Line of env.py."""
    consequence: str
    """What it leads to."""


class EnvironmentRule(Rule):
    """A rule about `env.py`; silent when the context holds none, or one that Python cannot parse."""

    evidence = EnvironmentEvidence
    consequence: ClassVar[str]
    """What it leads to, for the evidence."""

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each place of this code."""
        if context.environment is None:
            return
        try:
            findings = check_source(context.environment)
        except (SyntaxError, ValueError):
            return
        for number, found in enumerate(one for one in findings if one.code == self.code):
            yield self.finding(
                (str(number),),
                f"env.py, line {found.line}: {found.what}",
                confidence="proven",
                evidence=EnvironmentEvidence(
                    line=found.line,
                    consequence=self.consequence,
                ),
                fix=" or ".join(found.cures),
                cost="none",
            )
