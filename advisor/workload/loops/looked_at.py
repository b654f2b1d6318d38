"""Which executions of a unit of work are looked at, and what must be kept of steps whose units are not complete yet.

Of a query that runs very often in a unit the first `SAMPLED` executions are looked at. Where a unit begins and a
transaction ends may not be known before the next block; so of each unit that there may be, a few more are kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.workload.loops.steps import SAMPLED, STATEMENT, Steps
from advisor.workload.loops.units import AROUND, Bounds
from advisor.workload.loops.unitsizes import FEWEST

SHORTEST = 3
"""Executions that make a loop."""


def sampled_rank(
    entry: NDArray[np.int32],
    frame: NDArray[np.int64],
    edge: NDArray[np.bool_] | None = None,
    unit: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return which execution of its statement each step is: in its frame where it repeats there, else in the rest.

    `edge` marks frames that may be parts of larger ones: they count as if it repeated there. `unit` numbers the units
    where there are several.
    """
    if not len(entry):
        return np.zeros(0, dtype=np.int64)
    low = int(frame.min())
    size = int(frame.max()) - low + 2
    group = entry.astype(np.int64)
    if unit is not None:
        group = group * (int(unit.max()) + 1) + unit
    code = group * size + (frame - low)
    _, inverse, counts = np.unique(code, return_inverse=True, return_counts=True)
    alone = counts[inverse] < SHORTEST
    if edge is not None:
        alone &= ~edge
    code[alone] = group[alone] * size + size - 1
    order = np.argsort(code, kind="stable")
    groups = np.flatnonzero(np.diff(code[order], prepend=-1))
    rank = np.empty(len(code), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(groups, np.diff(np.append(groups, len(order))))
    return rank


def kept_places(steps: Steps, bounds: Bounds, begin: int, end: int) -> NDArray[np.int64]:
    """Return the places of the steps of a span, all of one session, of which it must be kept what they were.

    Frames at either end may be parts of larger ones, and where the first one ends is not known before a transaction
    begins or ends. Within `AROUND` steps of either end units may begin of which nothing is known yet.
    """
    statement = steps.classes[steps.entry[begin:end]] == STATEMENT
    places = np.flatnonzero(statement)
    if len(places) <= SAMPLED + AROUND:
        return places + begin
    begins = bounds.begins[begin:end] | steps.marked[begin:end]
    begins[0] = True
    unit = np.cumsum(begins) - 1
    unknown = ~bounds.known[begin:end]
    frame = bounds.frame[begin:end]
    frame = np.where(unknown | (frame == frame[0]), frame[0], frame)
    open_frames = np.isin(
        frame, np.unique(np.append(frame[begins & (np.diff(frame, prepend=-1) == 0)], frame[[0, -1]]))
    )
    rank = sampled_rank(steps.entry[begin:end][places], frame[places], open_frames[places], unit[places])
    wanted = np.zeros(end - begin, dtype=bool)
    wanted[places[rank < SAMPLED + AROUND]] = True
    wanted[_before(np.flatnonzero(begins), end - begin)] = True
    wanted[_first_of_frames(frame, statement)] = True
    return np.flatnonzero(wanted & statement) + begin


def _before(begins: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the places right before units: a parent may stand there. The end is one where a unit may begin."""
    before = (begins[:, None] - np.arange(1, AROUND + 1)).ravel()
    last = np.arange(max(0, size - 2 * AROUND), size)
    return np.concatenate((before[before >= 0], last))


def _first_of_frames(frame: NDArray[np.int64], statement: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first statement of each frame of some size, which says where in the application it belongs."""
    places = np.flatnonzero(statement)
    first = np.flatnonzero(np.diff(frame[places], prepend=-1))
    long = np.diff(np.append(first, len(places))) >= FEWEST
    return places[first[long]]
