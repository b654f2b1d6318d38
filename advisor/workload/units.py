"""Units of work: the executions of one request or transaction, told apart by what stands next to each other only.

Whether a unit ends between two steps depends on these two and one more on either side. So a log may be cut anywhere:
only the steps at the edges of a part wait for the next part.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from advisor.capture.record import NO_TIME
from advisor.workload.steps import BEGIN, END, RESET, STATEMENT, Steps

PAUSE = 100_000
"""A longer pause between two statements ends a unit (microseconds), unless a transaction goes on."""

TICK = 10_000_000
"""No unit spans a multiple of this: a session that never pauses must not grow without end."""

UnitKind = Literal["trace", "transaction", "session"]


def boundaries(steps: Steps, resolution: int, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each step whether a unit begins with it; the first step of a session always begins one.

    `resolution` is that of the log's time stamps, in microseconds; `starts` is where sessions begin, the first at 0.
    """
    size = len(steps)
    begins = np.ones(size, dtype=bool)
    if size < 2:
        return begins
    kind = steps.classes[steps.entry]
    timed = (steps.end[:-1] != NO_TIME) & (steps.end[1:] != NO_TIME)
    pause = timed & (steps.start[1:] - steps.end[:-1] > PAUSE + resolution)
    tick = timed & (steps.end[1:] // TICK != steps.end[:-1] // TICK)
    same = (steps.transaction[1:] == steps.transaction[:-1]) & (steps.transaction[1:] != 0)
    same[starts[1:] - 1] = False
    enters = same & ~np.concatenate(([False], same[:-1]))
    leaves = ~same & np.concatenate(([False], same[:-1]))
    entered = np.concatenate((enters[1:], [False]))
    control = (kind[1:] == BEGIN) | (kind[1:] == RESET) | (kind[:-1] == END) | (kind[:-1] == RESET)
    began = kind[:-1] == BEGIN
    ends = kind[1:] == END
    traced = steps.trace[1:] != steps.trace[:-1]
    within = same | began | ends
    both = (steps.trace[1:] != 0) & ~traced
    begins[1:] = tick | traced | (~both & (control | (~within & (pause | leaves | entered))))
    begins[starts] = True
    return begins


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

    def kind(self, begin: int, end: int) -> UnitKind:
        """Return what bounds the unit that a span of steps makes up."""
        if self.trace[begin]:
            return "trace"
        own = set(self.transaction[begin + 1 : end])
        kinds = self.kinds[begin:end]
        within = (len(own) == 1 and 0 not in own) or BEGIN in kinds or END in kinds
        return "transaction" if within else "session"

    def first(self, begin: int, end: int) -> int:
        """Return the place of the first statement of a span that has one."""
        return self.kinds.index(STATEMENT, begin, end)

    def bounded(self, begin: int, end: int) -> bool:
        """Return whether a trace or one transaction holds the statements of a unit together."""
        kind = self.kind(begin, end)
        if kind != "transaction":
            return kind == "trace"
        held = {self.transaction[place] for place in range(begin, end) if self.kinds[place] == STATEMENT}
        return len(held) == 1


def closed(begins: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the span of steps whose units are complete whatever stands before and after.

    The first step of the span begins a unit for certain, and so does the step after its last.
    """
    sure = np.flatnonzero(begins[2:-1]) + 2
    return (int(sure[0]), int(sure[-1])) if len(sure) else (len(begins), len(begins))


def spans(begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first step of each unit and the step after its last, as rows."""
    places = np.flatnonzero(begins)
    edges = np.append(places, len(begins))
    return np.column_stack((edges[:-1], edges[1:]))
