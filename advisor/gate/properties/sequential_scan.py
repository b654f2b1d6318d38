"""PLN002 sequential-scan: a table that was read through an index is now read whole."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare_plans import Comparison
from advisor.gate.verdict import Verdict
from advisor.gate.weight import weighs

LARGE = 10_000
"""Rows from which reading a whole table instead of an index is a failure at any price."""
CHANGED = 1.5
"""How many times as dear the plan must be where the table is smaller."""


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failure per large table that lost its index access while the index still exists."""
    if comparison.replaced:
        return
    indexed = {access.table: access.index for access in comparison.before.accesses if access.index}
    whole = {access.table for access in comparison.before.accesses if access.node == "Seq Scan"}
    for table in sorted({access.table for access in comparison.after.accesses if access.node == "Seq Scan"} - whole):
        rows = comparison.tables.get(table, 0)
        dearer = weighs(comparison.before.cost, comparison.after.cost, CHANGED, comparison.calls)
        if table in indexed and (rows >= LARGE or dearer):
            index = indexed[table] or ""
            yield Verdict(
                code="PLN002",
                name="sequential-scan",
                level="fail" if comparison.ratio > 1.05 else "warn",
                query=comparison.query,
                text=comparison.text,
                cause=f"{table} ({rows:,.0f} rows) was read through {index}, now whole: "
                "the index exists, but no longer fits the query",
                fix=f"compare the query's conditions with {comparison.indexes.get(index, index)}",
                table=table,
                index=index,
                cost_before=comparison.before.cost,
                cost_after=comparison.after.cost,
            )
