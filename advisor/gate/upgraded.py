"""What another major version makes of the plans: the changes by class, without those that are a mere tie."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from advisor.gate.verdict import CheckResult, Verdict

TIE = 1.1
"""Two plans whose costs differ less than this are as good as each other: which is taken is chance."""


def upgraded(result: CheckResult, old: int, new: int) -> CheckResult:
    """Return the result of a check on version `new` of plans of version `old`, said as an upgrade's."""
    kept = [one for one in result.verdicts if not is_tie(one)]
    ties = {one.query for one in result.verdicts if is_tie(one)} - {one.query for one in kept}
    verdicts = tuple(replace(one, cause=f"on PostgreSQL {new}: {one.cause}", fix=_fix(one, new)) for one in kept)
    notes = (*result.notes, _told(verdicts, result.checked, len(ties), old, new))
    return replace(result, verdicts=verdicts, notes=notes)


def is_tie(verdict: Verdict) -> bool:
    """Return whether a verdict says no more than that another plan of about the same cost was taken."""
    before, after = verdict.cost_before, verdict.cost_after
    return verdict.level == "info" and bool(before and after) and before / TIE <= after <= before * TIE  # type: ignore[operator]


def _fix(verdict: Verdict, new: int) -> str:
    if verdict.level == "info":
        return ""
    return f"look at it on {new} before the upgrade: statistics targets, an index, or the setting that keeps the plan"


def _told(verdicts: tuple[Verdict, ...], checked: int, ties: int, old: int, new: int) -> str:
    changed = {one.query for one in verdicts}
    classes = Counter(f"{one.code} {one.name}" for one in verdicts)
    listed = ", ".join(f"{count} {name}" for name, count in sorted(classes.items()))
    same = checked - len(changed) - ties
    return (
        f"from PostgreSQL {old} to {new}: {same} of {checked} queries keep their plans, {ties} take another of the"
        f" same cost (ties, left out), {len(changed)} change{': ' + listed if listed else ''}"
    )
