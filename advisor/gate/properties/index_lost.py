"""PLN001 index-lost: the accepted plan used an index that no longer exists, and the query pays for it."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare import Comparison
from advisor.gate.verdict import Verdict

TOLERANCE = 1.05
"""A query may cost this much more without its index before the loss counts as one."""


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failure per lost index when the plan of today is dearer, an information when it is not."""
    for name in comparison.lost_indexes:
        paid = comparison.ratio > TOLERANCE
        price = f"the plan now costs {comparison.ratio:.1f} times as much" if paid else "the plan costs no more"
        wanted = comparison.baseline.indexes.get(name, name)
        yield Verdict(
            code="PLN001",
            name="index-lost",
            level="fail" if paid else "info",
            query=comparison.query,
            text=comparison.text,
            cause=f"index {name} is gone; {price}",
            fix=f"keep or recreate it: {wanted}" if paid else "accept with --update-baseline",
            index=name,
            cost_before=comparison.before.cost,
            cost_after=comparison.after.cost,
        )
