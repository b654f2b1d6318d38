"""Units of work in which a statement ran often enough to be a loop, and the frames in them by size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.capture.lines.numbering import counts_of
from advisor.workload.loops.looked_at import SHORTEST
from advisor.workload.loops.steps import STATEMENT, Steps
from advisor.workload.loops.units import Bounds
from advisor.workload.loops.unitsizes import Sized, sized


def repeating(steps: Steps, units: NDArray[np.int64]) -> list[list[int]]:
    """Return the units in which any statement was run often enough to be a loop."""
    number, counts = _counted(steps, units)
    found: list[list[int]] = units[np.unique(number[counts >= SHORTEST])].tolist()
    return found


def sizes(steps: Steps, bounds: Bounds, units: NDArray[np.int64]) -> list[Sized]:
    """Return the frames of some size of these units."""
    if not len(units):
        return []
    inside = np.zeros(len(steps) + 1, dtype=np.int64)
    np.add.at(inside, units[:, 0], 1)
    np.add.at(inside, units[:, 1], -1)
    held = np.cumsum(inside[:-1]) > 0
    begins = held & (np.diff(bounds.frame, prepend=-1) != 0)
    begins[units[:, 0]] = True
    places = np.flatnonzero(begins | (~held & np.concatenate(([False], held[:-1]))))
    frames = np.column_stack((places, np.append(places[1:], len(steps))))
    frames = frames[held[places]]
    number, counts = _counted(steps, frames)
    return sized(frames, number, counts)


def _counted(steps: Steps, units: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, for each statement of each unit, the unit's number and how often it ran.

    Units are given as rows of their first step and the step after their last.
    """
    if not len(units):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    begins, ends = units[:, 0], units[:, 1]
    inside = np.bincount(begins, minlength=len(steps) + 1) - np.bincount(ends, minlength=len(steps) + 1)
    place = np.flatnonzero((np.cumsum(inside)[:-1] > 0) & (steps.classes[steps.entry] == STATEMENT))
    unit = np.searchsorted(begins, place, side="right") - 1
    size = max(len(steps.entries), 1)
    distinct, counts = counts_of(unit.astype(np.int64) * size + steps.entry[place], size * len(units))
    return distinct // size, counts
