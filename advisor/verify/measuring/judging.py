"""Slower or faster, or noise: what two sets of run times, taken turn and turn about, allow to say."""

from __future__ import annotations

from typing import Literal

from advisor.verify.proof import Timing

LIMIT = 1.5
"""Factor from which on a query counts as slower, when nothing else is said."""
FASTER = 1.2
"""Factor from which on a query counts as faster: load and caches differ by less."""
FLOOR_MS = 0.1
"""Differences below this are the connection's, not the plan's."""


def judge(timing: Timing, limit: float = LIMIT, earlier: float = 1.0) -> Literal["slower", "faster", "same"]:
    """Return what became of a query: a verdict needs both its median run and its fastest one to say so.

    A busy machine moves the median, never the fastest run; a cold page moves single runs, seldom the median.
    `earlier` is the factor by which other revisions had changed it already.
    """
    before, after = timing.before[0] * earlier, timing.after[0]
    low_before, low_after = (value for value in timing.lowest or (timing.before[0], timing.after[0]))
    low_before *= earlier
    if after > before * limit and low_after > low_before * limit and after - before > FLOOR_MS:
        return "slower"
    if before > after * FASTER and low_before > low_after * FASTER and before - after > FLOOR_MS:
        return "faster"
    return "same"


def factor(timing: Timing) -> float:
    """Return the median after divided by the median before."""
    return timing.after[0] / timing.before[0] if timing.before[0] > 0 else 1.0
