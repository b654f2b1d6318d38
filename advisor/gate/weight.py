"""When a plan is so much dearer that somebody should look: by how much, how many times, and how often it runs."""

from __future__ import annotations

MUCH = 100.0
"""Cost units that count at any ratio: about a millisecond."""
SOME, MANY_TIMES = 10.0, 3.0
"""Fewer units count from this ratio on: a lookup that became a scan of a small table."""
BUSY = 2e7
"""Units a day that count however few they are for one execution: minutes of a core."""


def weighs(before: float, after: float, ratio: float, calls: float | None = None, *, scan: bool = True) -> bool:
    """Return whether `after` costs at least `ratio` times as much as `before`, and so much more that it counts.

    `calls` are the query's executions a day, where they are known. Without `scan` nothing is read that is not wanted:
    a few units more are then only where the planner thinks that rows lie.
    """
    risen = after - before
    if risen <= 0 or after < ratio * before:
        return False
    return risen >= MUCH or (scan and risen >= SOME and after >= MANY_TIMES * before) or risen * (calls or 0.0) >= BUSY
