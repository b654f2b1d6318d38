"""PLN005 sort-added: rows that came in order from an index are now sorted."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare_plans import Comparison
from advisor.gate.verdict import Verdict

LARGE = 10_000
"""Rows a scan below the sort must read before the sort is worth a warning."""


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield a warning when a Sort stands in the plan of today and none stood in the accepted one."""
    if comparison.replaced or _sorts(comparison.before.shape) or not _sorts(comparison.after.shape):
        return
    if max((access.rows for access in comparison.after.accesses), default=0) >= LARGE:
        yield Verdict(
            code="PLN005",
            name="sort-added",
            level="warn",
            query=comparison.query,
            text=comparison.text,
            cause="the accepted plan read rows in order; the plan of today sorts them",
            fix="let an index end in the ORDER BY columns, in their directions",
            cost_before=comparison.before.cost,
            cost_after=comparison.after.cost,
        )


def _sorts(shape: tuple[str, ...]) -> bool:
    return any(line.lstrip().startswith(("Sort", "Incremental Sort")) for line in shape)
