"""PLN009 shape-changed: another plan at about the same price, for information."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.compare_plans import Comparison
from advisor.gate.properties.limit_bound import hopes
from advisor.gate.verdict import Verdict


def check(comparison: Comparison) -> Iterator[Verdict]:
    """Yield an information when the shape changed without any of the graver properties."""
    if comparison.reshaped and not comparison.replaced and comparison.ratio < 1.5 and not hopes(comparison):
        yield Verdict(
            code="PLN009",
            name="shape-changed",
            level="info",
            query=comparison.query,
            text=comparison.text,
            cause=_cause(comparison),
            fix="accept with --update-baseline",
            cost_before=comparison.before.cost,
            cost_after=comparison.after.cost,
        )


def _cause(comparison: Comparison) -> str:
    if comparison.ratio < 0.9:
        return f"a better plan, {1 - comparison.ratio:.0%} cheaper"
    return f"another plan at {comparison.ratio:.2f} times the accepted cost"
