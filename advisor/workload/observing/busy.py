"""How busy sessions were: time in statements and in open transactions, as mergeable integer sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from advisor.capture.record import NO_TIME
from advisor.workload.loops.steps import BEGIN, END, Steps
from advisor.workload.observed import Held

SECOND = 1_000_000
IDLE = 1_000_000
"""A pause in a transaction that is worth reporting (microseconds)."""
HOLD = 600_000_000
"""Where a log names no transactions, a pause that ends with the transaction counts if no multiple of this lies in it.

Sessions are remembered as long (microseconds), those in a transaction longer.
"""
LONGEST = 100_000
"""Seconds over which one pause may be spread."""
TICK = 10_000
"""Microseconds between two looks at how many sessions are busy."""
TICKS = SECOND // TICK
STAMP = 1000
"""How exact time stamps are at best (microseconds): a statement may seem to begin before the one before it ended."""


@dataclass(slots=True)
class Pauses:
    """Pauses within the transactions of one application."""

    transactions: int = 0
    idle: int = 0
    total: int = 0
    longest: int = 0

    def merge(self, other: Pauses) -> None:
        """Add another part."""
        self.transactions += other.transactions
        self.idle += other.idle
        self.total += other.total
        self.longest = max(self.longest, other.longest)


@dataclass(slots=True)
class BusySum:
    """What a part of a log says about how busy sessions were."""

    seconds: Counter[int] = field(default_factory=Counter)
    """Second to microseconds spent in statements and open transactions, over all sessions."""
    ticks: dict[int, NDArray[np.uint16]] = field(default_factory=dict)
    """Second to the sessions busy at each hundredth of it; seconds without any are missing."""
    pauses: dict[bytes, Pauses] = field(default_factory=dict)

    def merge(self, other: BusySum) -> None:
        """Add another part."""
        self.seconds.update(other.seconds)
        for second, counts in other.ticks.items():
            mine = self.ticks.get(second)
            self.ticks[second] = counts if mine is None else mine + counts
        for application, pauses in other.pauses.items():
            self.pauses.setdefault(application, Pauses()).merge(pauses)

    def held(self) -> tuple[Held, ...]:
        """Return the transactions that sat idle, by application."""
        found = (
            Held(
                application.decode("utf-8", "replace") or None,
                pauses.transactions,
                pauses.idle,
                pauses.total / 1000,
                pauses.longest / 1000,
            )
            for application, pauses in self.pauses.items()
            if pauses.transactions
        )
        return tuple(sorted(found, key=lambda held: (-held.idle_ms, held.application or "")))

    def concurrency(self) -> tuple[float, float, float]:
        """Return sessions busy at once, over the seconds with any work: median, p95, maximum."""
        shares = sorted(microseconds / SECOND for microseconds in self.seconds.values())
        if not shares:
            return 0.0, 0.0, 0.0
        median, high = (shares[min(int(len(shares) * share), len(shares) - 1)] for share in (0.5, 0.95))
        return median, high, shares[-1]

    def at_once(self) -> int:
        """Return the most sessions that were busy at one instant, of a hundred in each second."""
        return max((int(counts.max()) for counts in self.ticks.values()), default=int(bool(self.seconds)))


def look(ticks: dict[int, NDArray[np.uint16]], start: NDArray[np.int64], end: NDArray[np.int64]) -> None:
    """Add spans of time, in microseconds, to the instants that lie in them."""
    first, last = -(-start // TICK), (end - 1) // TICK
    hit = (last >= first) & (last - first < LONGEST)
    first, last = first[hit], last[hit]
    if not len(first):
        return
    length = last - first + 1
    before = np.cumsum(length) - length
    places = np.repeat(first - before, length) + np.arange(int(length.sum()))
    found, counts = np.unique(places, return_counts=True)
    seconds, begins = np.unique(found // TICKS, return_index=True)
    for second, part, often in zip(
        seconds.tolist(), np.split(found % TICKS, begins[1:]), np.split(counts, begins[1:]), strict=True
    ):
        row = ticks.setdefault(second, np.zeros(TICKS, dtype=np.uint16))
        row[part] += often.astype(np.uint16)


def spread(seconds: Counter[int], start: NDArray[np.int64], end: NDArray[np.int64]) -> None:
    """Add spans of time, in microseconds, to the seconds they touch."""
    first, last = start // SECOND, end // SECOND
    inside = first == last
    within, taken = first[inside], (end - start)[inside]
    least, most = (int(within.min()), int(within.max())) if len(within) else (0, 0)
    if most - least < LONGEST:
        places = np.flatnonzero(np.bincount(within - least))
        sums = np.bincount(within - least, taken)[places]
    else:
        places, inverse = np.unique(within - least, return_inverse=True)
        sums = np.bincount(inverse, taken, len(places))
    seconds.update(dict(zip((places + least).tolist(), sums.astype(np.int64).tolist(), strict=True)))
    begin, stop = start[~inside], end[~inside]
    short = stop - begin < LONGEST * SECOND
    seconds.update(_touched(begin[short], stop[short]))


def _touched(begin: NDArray[np.int64], stop: NDArray[np.int64]) -> dict[int, int]:
    """Return second to microseconds of spans that touch several seconds.

    Each span's first and last second are added as they are; of the seconds between only the first and the one behind
    the last are marked, and the running sum of the marks is how many spans hold a second whole: linear in spans and in
    the seconds that any of them touches, however long they are.
    """
    if not len(begin):
        return {}
    first, last = begin // SECOND, stop // SECOND
    edges = np.unique(np.concatenate((first, first + 1, last, last + 1)))
    marks = np.zeros(len(edges), dtype=np.int64)
    np.add.at(marks, np.searchsorted(edges, first + 1), 1)
    np.add.at(marks, np.searchsorted(edges, last), -1)
    whole = np.cumsum(marks)
    found: dict[int, int] = {}
    for place in np.flatnonzero(whole).tolist():
        found.update(dict.fromkeys(range(int(edges[place]), int(edges[place + 1])), int(whole[place]) * SECOND))
    taken = np.concatenate(((first + 1) * SECOND - begin, stop - last * SECOND))
    touched, inverse = np.unique(np.concatenate((first, last)), return_inverse=True)
    sums = np.bincount(inverse, taken, len(touched)).astype(np.int64)
    for second, parts in zip(touched.tolist(), sums.tolist(), strict=True):
        found[second] = found.get(second, 0) + parts
    return found


def busy(
    steps: Steps, starts: NDArray[np.int64], application: NDArray[np.int32], applications: Sequence[bytes]
) -> BusySum:
    """Return how busy sessions were.

    `starts` is where each session's steps begin, `application` the number of each step's among `applications`.
    """
    found = BusySum()
    timed = steps.end != NO_TIME
    if not len(steps) or not timed.all():
        return found
    spread(found.seconds, steps.start, steps.end)
    look(found.ticks, steps.start + STAMP, steps.end)
    kind = steps.classes[steps.entry]
    session = np.zeros(len(steps), dtype=np.int64)
    session[starts] = 1
    session = np.cumsum(session) - 1
    ended = np.bincount(application[kind == END], minlength=len(applications)).tolist()
    for number, count in enumerate(ended):
        if count:
            found.pauses.setdefault(applications[number], Pauses()).transactions += count
    if len(steps) > 1:
        same = (steps.transaction[1:] == steps.transaction[:-1]) & (steps.transaction[1:] != 0)
        ends = (kind[1:] == END) & (kind[:-1] != END) & (steps.end[1:] // HOLD == steps.end[:-1] // HOLD)
        within = (session[1:] == session[:-1]) & (same | (kind[:-1] == BEGIN) | ends)
        gaps = np.maximum(steps.start[1:] - steps.end[:-1], 0)
        add_pauses(found, gaps[within], application[1:][within], applications)
        spread(found.seconds, steps.end[:-1][within], (steps.end[:-1] + gaps)[within])
        look(found.ticks, steps.end[:-1][within], (steps.end[:-1] + gaps)[within])
    return found


def add_pauses(
    found: BusySum, gaps: NDArray[np.int64], application: NDArray[np.int32], applications: Sequence[bytes]
) -> None:
    """Add pauses within transactions; `application` is the number of each among `applications`."""
    size = len(applications)
    counts = np.bincount(application, gaps > 0, size).astype(np.int64).tolist()
    idle = np.bincount(application, gaps > IDLE, size).astype(np.int64).tolist()
    total = np.bincount(application, gaps, size).astype(np.int64).tolist()
    longest = np.zeros(size, dtype=np.int64)
    np.maximum.at(longest, application, gaps)
    for number, name in enumerate(applications):
        if counts[number]:
            found.pauses.setdefault(name, Pauses()).merge(Pauses(0, idle[number], total[number], int(longest[number])))
