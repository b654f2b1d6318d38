"""PLN006 inner-scan: a nested loop reads a whole table once per outer row."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare_plans import Comparison
from advisor.gate.verdict import Verdict

LARGE = 1_000
"""Rows of the inner table from which the loop is a failure."""


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failure per table newly scanned whole on the inner side of a nested loop."""
    if comparison.replaced:
        return
    known = {access.table for access in comparison.before.accesses if access.inner and access.node == "Seq Scan"}
    for access in comparison.after.accesses:
        rows = comparison.tables.get(access.table, 0)
        if access.inner and access.node == "Seq Scan" and rows >= LARGE and access.table not in known:
            yield Verdict(
                code="PLN006",
                name="inner-scan",
                level="fail",
                query=comparison.query,
                text=comparison.text,
                cause=f"{access.table} ({rows:,.0f} rows) is read whole for every row of a nested loop",
                fix=f"index the join column of {access.table}",
                table=access.table,
                cost_before=comparison.before.cost,
                cost_after=comparison.after.cost,
            )
