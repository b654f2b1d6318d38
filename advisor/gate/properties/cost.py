"""PLN003 cost-regression: much dearer, and no table grew. PLN004 growth: the same plan, much dearer on more rows."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare_plans import Comparison
from advisor.gate.verdict import Verdict
from advisor.gate.weight import weighs

CHANGED_RATIO = 1.5
SAME_RATIO = 2.0
GROWN = 1.1
"""A table is said to have grown from this many times its rows on."""
STEEPER = 1.5
"""How much faster than its tables a plan may become dearer before growth no longer explains it."""


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failure for a dearer plan, a warning where larger tables explain it."""
    if comparison.replaced:
        return
    ratio = CHANGED_RATIO if comparison.reshaped else SAME_RATIO
    if not weighs(comparison.before.cost, comparison.after.cost, ratio, comparison.calls):
        return
    if comparison.reshaped:
        yield _verdict(comparison, "PLN003", "cost-regression", "the plan changed shape")
    elif _explained(comparison):
        yield _verdict(comparison, "PLN004", "growth", "same plan")
    elif _more_rows(comparison) or comparison.touched & {access.table for access in comparison.after.accesses}:
        yield _verdict(comparison, "PLN003", "cost-regression", "the same plan, and no table grew that much")
    else:
        what = "the same plan for about as many rows, though the order, visibility or pages of its tables changed"
        yield _verdict(comparison, "PLN004", "growth", what)


def _explained(comparison: Comparison) -> bool:
    """Return whether the tables grew as the cost did."""
    grown = max((comparison.grown(access.table) for access in comparison.after.accesses), default=1.0)
    return grown >= GROWN and comparison.ratio <= grown * STEEPER


def _more_rows(comparison: Comparison) -> bool:
    """Return whether the plan reads so many more rows that these explain the cost."""
    before = sum(access.rows for access in comparison.before.accesses)
    after = sum(access.rows for access in comparison.after.accesses)
    return after >= SAME_RATIO * before


def _verdict(comparison: Comparison, code: str, name: str, what: str) -> Verdict:
    return Verdict(
        code=code,
        name=name,
        level="fail" if code == "PLN003" else "warn",
        query=comparison.query,
        text=comparison.text,
        cause=f"{what}, {comparison.ratio:.1f} times the accepted cost{_growth(comparison)}",
        fix="compare the two shapes; accept with --update-baseline when the change is wanted",
        table=next((access.table for access in comparison.after.accesses), None),
        cost_before=comparison.before.cost,
        cost_after=comparison.after.cost,
    )


def _growth(comparison: Comparison) -> str:
    """Return which of the plan's tables grew by a tenth or more, as the end of a sentence."""
    grown = []
    for table in sorted({access.table for access in comparison.after.accesses}):
        if comparison.grown(table) >= GROWN:
            before, after = comparison.rows_before(table), comparison.tables.get(table, 0)
            grown.append(f"{table} grew from {before:,.0f} to {after:,.0f} rows")
    return f" ({'; '.join(grown)})" if grown else ""
