"""Units of work: the executions of one request, told apart by the pauses of its session, and the frames in them.

    one session   s1 s2 [B s3 s3 s3 C] s4 ........... s1 s2 s3 ...
                  '-------- unit ---------'  a long   '-- unit --
                        '- frame -'          pause

A unit ends with a pause that is long for what stands around it (`CLEAR` times the longest of the `AROUND` steps on
either side, and at least `PAUSE`), and never within a transaction. So a log may be cut anywhere: only the steps near
the edges of a block wait for the next one. A frame is one transaction (B … C), or one statement outside of any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.capture.record import NO_TIME
from advisor.workload.loops.steps import BEGIN, END, RESET, STATEMENT, Steps

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

LONGEST = 8_000
"""Steps of a unit; in a session that never pauses the next marked step begins another, for it must not fill the memory.
A step is marked by what it is, not by its number: so units end at the same steps wherever a log is cut."""

MOST = 64_000
"""Steps of a unit in which none is marked."""

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
    inside: NDArray[np.bool_]
    """Whether a BEGIN without its end stands before each step."""


NO_PAUSES: Pauses = np.zeros(0, dtype=np.int64)


class Outside(NamedTuple):
    """What stands around some steps of a session."""

    earlier: Pauses = NO_PAUSES
    """The last pauses, up to the one before the first step."""
    inside: bool = False
    """Whether a BEGIN without its end stands before the first step."""
    later: Pauses = NO_PAUSES
    """The next pauses, from the one after the last step on."""


def boundaries(
    steps: Steps, resolution: int, starts: NDArray[np.int64], outside: Sequence[Outside] | None = None
) -> Bounds:
    """Return the units and frames of sessions' steps.

    `resolution` is that of the log's time stamps, in microseconds; `starts` is where sessions begin, the first at 0.
    `outside` tells what came before each session's first step; without it the steps are those of a block, and nothing
    is known of what came before.
    """
    size = len(steps)
    first = np.zeros(size, dtype=bool)
    first[starts] = True
    pause = pauses(steps, first)
    parts = np.flatnonzero(first | (pause > ABANDONED))
    kind = steps.classes[steps.entry]
    inside, known = _inside(steps, kind, parts, first[parts], outside)
    if size < 2:
        return Bounds(first, np.zeros(size, dtype=np.int64), ~first, known, inside)
    same = np.zeros(size, dtype=bool)
    same[1:] = (steps.transaction[1:] == steps.transaction[:-1]) & (steps.transaction[1:] != 0)
    other = np.zeros(size, dtype=bool)
    other[1:] = ~same[1:] & (steps.transaction[1:] != 0) & (steps.transaction[:-1] != 0)
    previous = np.concatenate(([END], kind[:-1]))
    linked = (same | (inside & ~other) | (previous == BEGIN) | (kind == END)) & (kind != BEGIN) & (previous != END)
    linked &= ~first
    around = _around(pause, parts, first[parts], outside)
    clear = (pause > PAUSE + resolution) & (pause > CLEAR * around)
    traced = np.zeros(size, dtype=bool)
    traced[1:] = steps.trace[1:] != steps.trace[:-1]
    both = (steps.trace != 0) & ~traced
    reset = (kind == RESET) | (previous == RESET)
    begins = first | traced | (~both & ((~linked & (clear | reset | (pause > GONE))) | (pause > ABANDONED)))
    frame = np.cumsum((~linked & ~both) | begins) - 1
    sure = known | begins & (reset | traced | (pause > ABANDONED))
    sure &= _far_from_edges(size, starts)
    return Bounds(begins, frame, sure, known, inside)


def pauses(steps: Steps, first: NDArray[np.bool_]) -> Pauses:
    """Return the pause before each step, microseconds; 0 where it is not known and at the first of each session."""
    found = np.zeros(len(steps), dtype=np.int64)
    timed = (steps.end[:-1] != NO_TIME) & (steps.end[1:] != NO_TIME) & ~first[1:]
    found[1:] = np.where(timed, np.maximum(steps.start[1:] - steps.end[:-1], 0), 0)
    return found


def _inside(
    steps: Steps,
    kind: NDArray[np.int8],
    parts: NDArray[np.int64],
    session: NDArray[np.bool_],
    outside: Sequence[Outside] | None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether a step stands within BEGIN and its end, by these statements, and whether that is known.

    A part begins where a session does, and after a pause that ends whatever was before it; `session` tells which.
    """
    size = len(steps)
    part = np.zeros(size, dtype=np.int64)
    part[parts[1:]] = 1
    part = np.cumsum(part)
    marked = (kind == BEGIN) | (kind == END)
    last = np.maximum.accumulate(np.where(marked, np.arange(size), -1))
    last = np.concatenate(([-1], last[:-1]))
    seen = last >= parts[part]
    opened = np.zeros(len(parts), dtype=bool)
    if outside is not None:
        opened[session] = [around.inside for around in outside]
    inside = np.where(seen, kind[np.maximum(last, 0)] == BEGIN, opened[part])
    known = seen | (outside is not None) | ~session[part] | (steps.transaction != 0)
    if steps.transaction.any():
        known |= True  # where transactions have ids, a step without one is outside of any
        inside &= steps.transaction != 0
    return inside, known


def _around(
    pause: Pauses, parts: NDArray[np.int64], session: NDArray[np.bool_], outside: Sequence[Outside] | None
) -> Pauses:
    """Return the longest pause on the quieter side of each step's pause; an empty side does not count."""
    size = len(pause)
    part = np.zeros(size, dtype=np.int64)
    part[parts[1:]] = 1
    offset = np.arange(size) + AROUND * (np.cumsum(part) + 1)
    left = np.full(size + AROUND * (len(parts) + 1), -1, dtype=np.int64)
    right = left.copy()
    left[offset] = right[offset] = pause
    left[offset[parts]] = right[offset[parts]] = -1
    stops = offset[np.append(parts[session][1:], size) - 1].tolist()
    for place, end, around in zip(offset[parts[session]].tolist(), stops, outside or (), strict=False):
        earlier, later = _near(around.earlier[::-1])[::-1], _near(around.later)
        left[place - len(earlier) + 1 : place + 1] = earlier
        right[end + 1 : end + 1 + len(later)] = later
    longest = [np.full(size, -1, dtype=np.int64) for _ in range(2)]
    for shift in range(1, AROUND + 1):
        np.maximum(longest[0], left[offset - shift], out=longest[0])
        np.maximum(longest[1], right[np.minimum(offset + shift, len(right) - 1)], out=longest[1])
    earlier, later = longest
    return np.maximum(np.where(earlier < 0, later, np.where(later < 0, earlier, np.minimum(earlier, later))), 0)


def _near(known: Pauses) -> Pauses:
    """Return the pauses up to one that ends whatever was before it."""
    long = np.flatnonzero(known > ABANDONED)
    return known[: int(long[0])] if len(long) else known


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


def spans(begins: NDArray[np.bool_], marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first step of each unit and the step after its last, as rows, overlong ones in parts."""
    edges = np.append(np.flatnonzero(begins), len(begins))
    if (np.diff(edges) > LONGEST).any():
        places = np.flatnonzero(marked)
        cuts = [cut for start, stop in pairwise(edges.tolist()) for cut in _cuts(start, stop, places)]
        edges = np.append(np.array(cuts, dtype=np.int64), len(begins))
    return np.column_stack((edges[:-1], edges[1:]))


def _cuts(start: int, stop: int, marked: NDArray[np.int64]) -> Iterator[int]:
    """Yield where the parts of a unit begin."""
    while start < stop:
        yield start
        number = int(np.searchsorted(marked, start + LONGEST))
        start = min(start + MOST, int(marked[number])) if number < len(marked) else start + MOST
