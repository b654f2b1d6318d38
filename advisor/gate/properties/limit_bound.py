"""PLN010 limit-bound: a plan that is cheap only if a LIMIT ends it early, where the accepted one was cheap anyhow."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare_plans import Comparison
from advisor.gate.verdict import Verdict
from advisor.gate.weight import weighs

WORSE = 10.0
"""How many times as dear as the accepted plan it may become at worst."""


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failure where the plan of today reads in order and filters, hoping for the LIMIT to be reached."""
    if not hopes(comparison):
        return
    access = max(comparison.after.accesses, key=lambda one: comparison.tables.get(one.table, 0.0))
    worst = comparison.after.worst or comparison.after.cost
    yield Verdict(
        code="PLN010",
        name="limit-bound",
        level="fail",
        query=comparison.query,
        text=comparison.text,
        cause=(
            f"it reads {access.table} in the order of {access.index or 'the table'} and filters, until its LIMIT is"
            f" reached; where few rows match it reads all: {worst:,.0f} at worst"
        ),
        fix="let an index begin with the columns that are compared and end in the ORDER BY columns",
        table=access.table,
        index=access.index,
        cost_before=comparison.before.cost,
        cost_after=comparison.after.cost,
    )


def hopes(comparison: Comparison) -> bool:
    """Return whether the plan of today may become far dearer than the accepted one at worst."""
    before, after = comparison.before, comparison.after
    if not comparison.reshaped or comparison.replaced or after.worst is None or not after.accesses:
        return False
    return weighs(before.worst or before.cost, after.worst, WORSE, comparison.calls)
