"""PLN011 unindexed-reference: to delete a row, a table is searched for references to it without an index."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare_plans import Comparison
from advisor.gate.verdict import Verdict
from advisor.gate.weight import weighs


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failure per foreign key whose check became much dearer than the whole plan was accepted at."""
    before = comparison.before.checks
    for reference, cost in sorted((comparison.after.checks or {}).items()):
        if before is None and reference in comparison.known_references:
            continue
        accepted = comparison.before.cost + (before or {}).get(reference, 0.0)
        total = comparison.before.cost + cost
        if weighs(accepted, total, 2.0, comparison.calls):
            table, _, columns = reference.partition("(")
            yield Verdict(
                code="PLN011",
                name="unindexed-reference",
                level="fail",
                query=comparison.query,
                text=comparison.text,
                cause=(
                    f"for every row it removes, {table} ({comparison.tables.get(table, 0):,.0f} rows) is searched for"
                    f" references: no index serves the foreign key {reference}; EXPLAIN does not show it"
                ),
                fix=f"CREATE INDEX CONCURRENTLY ON {table} ({columns}",
                table=table,
                cost_before=accepted,
                cost_after=total,
            )
