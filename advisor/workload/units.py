"""Units of work: the executions of one request, told apart by the pauses of its session, and the frames in them.

A unit ends with a pause that is long for what stands around it, and never within a transaction. What is around are
`AROUND` steps on either side; so a log may be cut anywhere: only the steps near the edges of a part wait for the next.
A frame is one transaction, or one statement outside of any.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.capture.record import NO_TIME
from advisor.workload.steps import BEGIN, END, RESET, STATEMENT, Steps

PAUSE = 100_000
"""A shorter pause between two statements never ends a unit (microseconds)."""

CLEAR = 4
"""How many times longer than the longest pause around it a pause must be to end a unit."""

GONE = 10_000_000
"""A pause that ends a unit whatever is around it (microseconds), unless a transaction goes on."""

ABANDONED = 300_000_000
"""A pause that ends a unit even within a transaction."""

AROUND = 8
"""Steps on either side of a pause that are looked at."""

LONGEST = 10_000
"""Steps of a unit; a session that never pauses is taken in parts of so many, for it must not fill the memory."""

UnitKind = Literal["trace", "transaction", "session"]
Pauses = NDArray[np.int64]


class Bounds(NamedTuple):
    """Where units and frames begin."""

    begins: NDArray[np.bool_]
    """Whether a unit begins with each step; the first step of a session always begins one."""
    frame: NDArray[np.int64]
    """Number of each step's frame."""
    sure: NDArray[np.bool_]
    """Whether that is so whatever stands before the first step and after the last one of the session."""
    known: NDArray[np.bool_]
    """Whether it is known that a transaction was under way there, or none."""


def boundaries(
    steps: Steps, resolution: int, starts: NDArray[np.int64], before: Sequence[Pauses] | None = None
) -> Bounds:
    """Return the units and frames of sessions' steps.

    `resolution` is that of the log's time stamps, in microseconds; `starts` is where sessions begin, the first at 0.
    `before` holds the last pauses before each session's first step, where it begins outside of a transaction; without
    it the steps are those of a block, and nothing is known of what came before.
    """
    size = len(steps)
    first = np.zeros(size, dtype=bool)
    first[starts] = True
    if size < 2:
        return Bounds(first, np.zeros(size, dtype=np.int64), ~first, np.full(size, before is not None))
    kind = steps.classes[steps.entry]
    session = np.cumsum(first) - 1
    pause = pauses(steps, first)
    inside, known = _inside(steps, kind, session, starts, opened=before is not None)
    same = np.zeros(size, dtype=bool)
    same[1:] = (steps.transaction[1:] == steps.transaction[:-1]) & (steps.transaction[1:] != 0)
    other = np.zeros(size, dtype=bool)
    other[1:] = ~same[1:] & (steps.transaction[1:] != 0) & (steps.transaction[:-1] != 0)
    previous = np.concatenate(([END], kind[:-1]))
    linked = (same | (inside & ~other) | (previous == BEGIN) | (kind == END)) & (kind != BEGIN) & (previous != END)
    linked &= ~first
    around = _around(pause, session, starts, before)
    clear = (pause > PAUSE + resolution) & (pause > CLEAR * around)
    traced = np.zeros(size, dtype=bool)
    traced[1:] = steps.trace[1:] != steps.trace[:-1]
    both = (steps.trace != 0) & ~traced
    reset = (kind == RESET) | (previous == RESET)
    begins = first | traced | (~both & ((~linked & (clear | reset | (pause > GONE))) | (pause > ABANDONED)))
    frame = np.cumsum((~linked & ~both) | begins) - 1
    sure = known | begins & (reset | traced | (pause > ABANDONED))
    sure &= _far_from_edges(size, starts)
    return Bounds(begins, frame, sure, known)


def pauses(steps: Steps, first: NDArray[np.bool_]) -> Pauses:
    """Return the pause before each step, microseconds; 0 where it is not known and at the first of each session."""
    found = np.zeros(len(steps), dtype=np.int64)
    timed = (steps.end[:-1] != NO_TIME) & (steps.end[1:] != NO_TIME) & ~first[1:]
    found[1:] = np.where(timed, np.maximum(steps.start[1:] - steps.end[:-1], 0), 0)
    return found


def _inside(
    steps: Steps, kind: NDArray[np.int8], session: NDArray[np.int64], starts: NDArray[np.int64], *, opened: bool
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether a step stands within BEGIN and its end, by these statements, and whether that is known."""
    size = len(steps)
    places = np.arange(size)
    marked = (kind == BEGIN) | (kind == END)
    last = np.maximum.accumulate(np.where(marked, places, -1))
    last = np.concatenate(([-1], last[:-1]))
    seen = last >= starts[session]
    inside = seen & (kind[np.maximum(last, 0)] == BEGIN)
    known = seen | opened | (steps.transaction != 0)
    if steps.transaction.any():
        known |= True  # where transactions have ids, a step without one is outside of any
        inside &= steps.transaction != 0
    return inside, known


def _around(
    pause: Pauses, session: NDArray[np.int64], starts: NDArray[np.int64], before: Sequence[Pauses] | None
) -> Pauses:
    """Return the longest pause on the quieter side of each step's pause; an empty side does not count."""
    size, sessions = len(pause), len(starts)
    offset = np.arange(size) + AROUND * (session + 1)
    left = np.full(size + AROUND * (sessions + 1), -1, dtype=np.int64)
    right = left.copy()
    left[offset] = right[offset] = pause
    left[offset[starts]] = right[offset[starts]] = -1
    for number, known in enumerate(before or ()):
        if len(known):
            place = int(offset[starts[number]])
            left[place - len(known) + 1 : place + 1] = known
    longest = [np.full(size, -1, dtype=np.int64) for _ in range(2)]
    for shift in range(1, AROUND + 1):
        np.maximum(longest[0], left[offset - shift], out=longest[0])
        np.maximum(longest[1], right[np.minimum(offset + shift, len(right) - 1)], out=longest[1])
    earlier, later = longest
    return np.maximum(np.where(earlier < 0, later, np.where(later < 0, earlier, np.minimum(earlier, later))), 0)


def _far_from_edges(size: int, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which steps have enough others of their session on either side."""
    ends = np.append(starts[1:], size)
    far = np.zeros(size + 1, dtype=np.int64)
    long = ends - starts > 2 * AROUND + 1
    far[starts[long] + AROUND + 1] += 1
    far[ends[long] - AROUND] -= 1
    return np.cumsum(far[:-1]) > 0


def listed(column: NDArray[Any]) -> list[int]:
    """Return a column of whole numbers as a list."""
    found: list[int] = column.tolist()
    return found


class StepColumns:
    """Steps as lists, made when they are asked for: of small spans of them these are faster than arrays."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.entries = steps.entries

    @cached_property
    def kinds(self) -> list[int]:
        """Class of each step."""
        return listed(self.steps.classes[self.steps.entry])

    @cached_property
    def entry(self) -> list[int]:
        """Number of each step's entry."""
        return listed(self.steps.entry)

    @cached_property
    def family(self) -> list[int]:
        """Number of each step's family."""
        return listed(self.steps.family)

    @cached_property
    def start(self) -> list[int]:
        """When each step began."""
        return listed(self.steps.start)

    @cached_property
    def end(self) -> list[int]:
        """When each step ended."""
        return listed(self.steps.end)

    @cached_property
    def transaction(self) -> list[int]:
        """Hash of each step's virtual transaction id, 0 for none."""
        return listed(self.steps.transaction)

    @cached_property
    def trace(self) -> list[int]:
        """Hash of each step's trace or request id, 0 for none."""
        return listed(self.steps.trace)

    def traced(self, place: int) -> bool:
        """Return whether a trace or request id holds the unit together that a step is of."""
        return bool(self.trace[place])

    def first(self, begin: int, end: int) -> int:
        """Return the place of the first statement of a span that has one."""
        return self.kinds.index(STATEMENT, begin, end)

    def bounded(self, begin: int, end: int) -> bool:
        """Return whether a trace or a transaction holds the steps of a frame together."""
        return end - begin > 1 or self.traced(begin)


def closed(bounds: Bounds, begin: int, end: int) -> tuple[int, int]:
    """Return the span of a session's steps whose units are complete whatever stands before and after.

    The first step of the span begins a unit for certain, and so does the step after its last.
    """
    sure = np.flatnonzero((bounds.begins & bounds.sure)[begin:end])
    return (int(sure[0]), int(sure[-1])) if len(sure) else (end - begin, end - begin)


def spans(begins: NDArray[np.bool_], longest: int | None = None) -> NDArray[np.int64]:
    """Return the first step of each unit or frame and the step after its last, as rows, long ones in parts."""
    places = np.flatnonzero(begins)
    edges = np.append(places, len(begins))
    if longest is not None and (np.diff(edges) > longest).any():
        cuts = [np.arange(start, stop, longest) for start, stop in pairwise(edges.tolist())]
        edges = np.append(np.concatenate(cuts), len(begins))
    return np.column_stack((edges[:-1], edges[1:]))
