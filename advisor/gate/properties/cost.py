"""PLN003 cost-regression: the plan changed and is much dearer. PLN004 growth: the same plan, much dearer."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare import Comparison
from advisor.gate.verdict import Verdict

CHANGED_RATIO, CHANGED_FLOOR = 1.5, 100.0
SAME_RATIO = 2.0


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failure for a dearer changed plan, a warning for the same plan on a larger table."""
    risen = comparison.after.cost - comparison.before.cost
    if comparison.reshaped and not comparison.lost_indexes:
        if comparison.ratio >= CHANGED_RATIO and risen >= CHANGED_FLOOR:
            yield _verdict(comparison, "PLN003", "cost-regression", "the plan changed shape")
    elif not comparison.reshaped and comparison.ratio >= SAME_RATIO and risen >= CHANGED_FLOOR:
        yield _verdict(comparison, "PLN004", "growth", "same plan")


def _verdict(comparison: Comparison, code: str, name: str, what: str) -> Verdict:
    grown = _growth(comparison)
    return Verdict(
        code=code,
        name=name,
        level="fail" if code == "PLN003" else "warn",
        query=comparison.query,
        text=comparison.text,
        cause=f"{what}, {comparison.ratio:.1f} times the accepted cost{grown}",
        fix="compare the two shapes; accept with --update-baseline when the change is wanted",
        cost_before=comparison.before.cost,
        cost_after=comparison.after.cost,
    )


def _growth(comparison: Comparison) -> str:
    """Return which of the plan's tables grew by a tenth or more, as the end of a sentence."""
    grown = []
    for table in sorted({access.table for access in comparison.after.accesses}):
        before, after = comparison.baseline.tables.get(table, 0), comparison.tables.get(table, 0)
        if before and after >= before * 1.1:
            grown.append(f"{table} grew from {before:,.0f} to {after:,.0f} rows")
    return f" ({'; '.join(grown)})" if grown else ""
