"""Runs the rules over a context."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.rules.context import RuleContext, RuleOptions
from advisor.rules.discover import all_rules, matching
from advisor.rules.finding import Finding

__all__ = ["RuleContext", "RuleOptions", "find"]

_CONFIDENCE = ("proven", "high", "medium", "low")


def find(context: RuleContext, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Return the findings of the selected rules (all, when none is named), surest first within each code.

    `select` and `ignore` hold codes, code prefixes or names; raises `UsageError` for one that means no rule.
    """
    ignored = set(matching(ignore))
    chosen = [rule for rule in (matching(select) if select else all_rules()) if rule not in ignored]
    found = {finding.id: finding for rule in chosen for finding in rule.find(context)}
    return tuple(sorted(found.values(), key=_order))


def _order(finding: Finding) -> tuple[str, int, str, str]:
    return finding.code, _CONFIDENCE.index(finding.confidence), finding.title, finding.id
