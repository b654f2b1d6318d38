"""The rhythm of a loop: whether the pauses between its executions are one client's, a clock's, or those of visitors."""

from __future__ import annotations

from itertools import pairwise

from advisor.workload.loops.vectors import Column, numbers

ORDERED = 0.9
"""Share of the steps from one value to the next that go one way when values are in order."""

SHORT = 10_000
"""A median pause (microseconds) of which a log in milliseconds does not tell whether the pauses are alike."""

EVEN = 6
"""How many times longer the long pauses of one client's loop may be than its short ones."""

MANY, QUARTERS = 7, 2.5
"""Pauses from which on their middle half tells, and how many times longer than its shortest the longest may be there:
of those between visitors it is nearly five times."""

PERIOD, STRICT, CLOCKED = 50_000, 1.2, 10
"""Periods (microseconds) that are longer and more alike than this, so many of them, are those of a clock."""


def is_paced(pauses: list[int]) -> bool:
    """Return whether rising pauses are those of one client: short, or alike.

    Visitors come at moments of their own.
    """
    if not pauses:
        return True
    size = len(pauses)
    low, middle, high = pauses[size // 10], pauses[size // 2], pauses[size - 1 - size // 10]
    alike = size >= MANY and pauses[size - 1 - size // 4] <= QUARTERS * pauses[size // 4]
    return middle <= SHORT or high <= EVEN * low or alike


def clocked(periods: list[int]) -> bool:
    """Return whether rising periods are those of a clock: what comes by it is no loop over rows."""
    size = len(periods)
    low, high = (periods[size // 10], periods[size - 1 - size // 10]) if periods else (0, 0)
    return size >= CLOCKED and periods[size // 2] > PERIOD and high <= STRICT * low


def is_monotone(column: Column) -> bool:
    """Return whether whole numbers rise or fall from one to the next nearly always: two loops may be one unit."""
    known = numbers(column)
    if known is None:
        return False
    rises = falls = 0
    for before, after in pairwise(known):
        rises += after > before
        falls += after < before
    return 2 * (rises + falls) >= len(known) - 1 and max(rises, falls) >= ORDERED * (rises + falls)
