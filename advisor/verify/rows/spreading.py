"""Between the bounds of a histogram: as many values as there should be, each range with as many rows as the next."""

from __future__ import annotations

import numpy as np

from advisor.verify.rows.ticks import Ticks
from advisor.verify.rows.value_pool import Counts, split


def spread(bounds: Ticks, wanted: int, step: int) -> Ticks:
    """Return `wanted` different ticks over the ranges of sorted `bounds`, all bounds among them where there is room.

    Ranges get the same number each, as far as they hold so many; what has no room at all comes after the last bound.
    """
    low, widths = bounds[:-1], np.diff(bounds)
    room = np.maximum(widths // step, (widths > 0).astype(np.int64))
    if len(room):
        room[-1] += 1  # the last bound itself
    chosen = _filled(room, wanted)
    which = np.repeat(np.arange(len(low)), chosen)
    place = np.arange(len(which)) - np.repeat(np.cumsum(chosen) - chosen, chosen)
    # In the last range the last value is the bound; in all others the first is.
    share = np.where(
        which == len(low) - 1, (room[which] - 1) / np.maximum(chosen[which] - 1, 1), room[which] / chosen[which]
    )
    found = low[which] + np.floor(place * share + 1e-9).astype(np.int64) * step if len(which) else bounds[:1]
    found = found[np.concatenate([[True], np.diff(found) > 0])]
    missing = wanted - len(found)
    if missing > 0:
        found = np.concatenate([found, found[-1] + np.arange(1, missing + 1, dtype=np.int64) * step])
    return found


def _filled(room: Counts, wanted: int) -> Counts:
    """Return how many values each range takes: even parts, and what does not fit goes where there is room."""
    chosen = np.minimum(split(wanted, len(room)), room)
    while (left := wanted - int(chosen.sum())) > 0 and (spare := room - chosen).any():
        open_ranges = np.flatnonzero(spare)
        more = np.zeros_like(chosen)
        more[open_ranges] = split(left, len(open_ranges))
        chosen = chosen + np.minimum(more, spare)
    return chosen


def depths(places: Counts, ranges: int, rows: int) -> Counts:
    """Return the rows of each value, given the range that it lies in: each range that has values gets as many rows."""
    held = np.bincount(places, minlength=ranges)
    used = np.flatnonzero(held)
    of_range = np.zeros(ranges, dtype=np.int64)
    of_range[used] = split(rows, len(used))
    counts = of_range[places] // held[places]
    left = of_range - np.bincount(places, weights=counts, minlength=ranges).astype(np.int64)
    first = np.cumsum(held) - held
    order = np.argsort(places, kind="stable")
    rank = np.empty_like(places)
    rank[order] = np.arange(len(places)) - first[places[order]]
    return counts + (rank < left[places])
