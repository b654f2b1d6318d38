"""PLN001 index-lost: the accepted plan used an index that is gone or defined otherwise, and the query pays for it."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare_plans import Comparison
from advisor.gate.verdict import Level, Verdict
from advisor.gate.weight import weighs

TOLERANCE = 1.05
"""A query may cost this much more without its index before the loss counts as one."""
REPLACED = 1.5
"""Another index in its place may cost this much more before it is a failure: it is seldom exactly as large."""


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failure per lost or redefined index when the plan of today is dearer, an information when it is not."""
    for name in comparison.lost_indexes:
        other = comparison.successor(name)
        what = f"index {name} is gone" if other is None else f"index {name} is called {other} now"
        yield _verdict(comparison, name, what, REPLACED if _replaced(comparison) else TOLERANCE)
    for name in comparison.redefined_indexes:
        what = f"index {name} is another one now ({comparison.indexes[name]})"
        yield _verdict(comparison, name, what, REPLACED)


def _replaced(comparison: Comparison) -> bool:
    """Return whether the plan of today reads the same tables, or what stands for them, through indexes all the same."""
    indexed = {access.table for access in comparison.before.accesses if access.index}
    now = comparison.after.accesses
    return indexed <= {access.table for access in now if access.index} or all(access.index for access in now)


def _verdict(comparison: Comparison, name: str, what: str, tolerance: float) -> Verdict:
    paid = comparison.ratio > TOLERANCE
    price = f"the plan now costs {comparison.ratio:.1f} times as much" if paid else "the plan costs no more"
    wanted = comparison.accepted_index(name) or name
    level: Level = "info"
    if paid:
        grave = tolerance == TOLERANCE or weighs(
            comparison.before.cost, comparison.after.cost, tolerance, comparison.calls, scan=comparison.scans
        )
        level = "fail" if grave else "warn"
    return Verdict(
        code="PLN001",
        name="index-lost",
        level=level,
        query=comparison.query,
        text=comparison.text,
        cause=f"{what}; {price}",
        fix=f"keep or recreate it: {wanted}" if paid else "accept with --update-baseline",
        index=name,
        cost_before=comparison.before.cost,
        cost_after=comparison.after.cost,
    )
