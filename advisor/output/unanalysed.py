"""Queries that were not analysed, in a few lines: how many, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

REASONS = 5
"""Reasons that a summary names."""


def summary(unanalysed: Mapping[str, str]) -> tuple[str, ...]:
    """Return a line for each reason, the most frequent first, and how many queries the others concern."""
    counts = Counter(unanalysed.values())
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"{_queries(count)} not analysed: {reason}" for reason, count in ordered[:REASONS]]
    if rest := sum(count for _, count in ordered[REASONS:]):
        lines.append(f"{_queries(rest)} not analysed for other reasons (listed with --format json)")
    return tuple(lines)


def _queries(count: int) -> str:
    return "1 query was" if count == 1 else f"{count} queries were"
