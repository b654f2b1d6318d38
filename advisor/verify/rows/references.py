"""Columns that point at another table: the same values as there, as unevenly as the statistics say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.catalog.statistics import ColumnStatistics
from advisor.verify.rows.column_pool import Wanted, common_counts, others
from advisor.verify.rows.spreading import depths, spread
from advisor.verify.rows.value_pool import Codes, Numbers, Pool, Values, texts


def reference_pool(wanted: Wanted, target: Values) -> Pool:
    """Return the pool of a column that points at `target`, the values of the column it references.

    The common values keep their frequencies, the others are spread over the targets as the histogram is. Without any
    target the column is NULL.
    """
    statistics = wanted.statistics
    nulls = 0 if wanted.column.not_null else min(wanted.rows, round(statistics.null_frac * wanted.rows))
    there = len(target)
    counts = np.zeros(there, dtype=np.int64)
    if not there:
        return Pool(target, counts, wanted.rows)
    filled = wanted.rows - nulls
    if wanted.unique and filled > there:
        nulls, filled = wanted.rows - there, there
    common = codes_in(target, statistics.most_common_vals or (), wanted)
    times = np.minimum(common_counts(statistics, wanted.rows, filled), 1 if wanted.unique else filled)
    np.add.at(counts, common, times[: len(common)])
    if wanted.unique:
        counts = np.minimum(counts, 1)
    left, distinct = others(statistics, wanted.rows, counts[counts > 0], filled, unique=wanted.unique)
    if left:
        inner, places, ranges = _inner(statistics, target, wanted, np.flatnonzero(counts), distinct)
        rows = np.ones(len(inner), dtype=np.int64)[:left] if wanted.unique else depths(places, ranges, left)
        counts[inner[: len(rows)]] += rows
    return Pool(target, counts, nulls + filled - int(counts.sum()))


def _inner(
    statistics: ColumnStatistics, target: Values, wanted: Wanted, common: Codes, distinct: int
) -> tuple[Codes, Codes, int]:
    """Return the targets that are not common, the range of the histogram in which each lies, and how many there are."""
    there = len(target)
    bounds = np.sort(codes_in(target, statistics.histogram_bounds or (), wanted))
    if len(bounds) < 2 or bounds[0] == bounds[-1]:
        bounds = np.array([0, max(1, there - 1)], dtype=np.int64)
    free = max(1, there - len(common))
    inner = _within(spread(bounds, min(distinct, there), 1), there, common)
    if len(inner) < min(distinct, free):
        every = np.setdiff1d(np.arange(there, dtype=np.int64), np.union1d(common, inner))
        more = min(distinct, free) - len(inner)
        inner = np.sort(
            np.concatenate(
                [
                    inner,
                    every[np.arange(min(more, len(every))) * max(1, len(every) // max(more, 1)) % max(len(every), 1)],
                ]
            )
        )
        inner = np.unique(inner)
    if not len(inner):
        inner = np.array([0], dtype=np.int64)
    places = np.clip(np.searchsorted(bounds, inner, side="right") - 1, 0, len(bounds) - 2)
    return inner, places, len(bounds) - 1


def _within(codes: Codes, there: int, common: Codes) -> Codes:
    return np.setdiff1d(codes[codes < there], common)


def codes_in(target: Values, known: Sequence[str], wanted: Wanted) -> Codes:
    """Return the places of values among the targets; of one that is not there, the place where it would be."""
    if isinstance(target, Numbers):
        ticks = target.family.of(known)
        if ticks is None:
            return np.zeros(0, dtype=np.int64)
        return np.clip(np.searchsorted(target.ticks, ticks), 0, len(target) - 1)
    index = {value: place for place, value in enumerate(target.written[:-1].tolist())}
    share = len(target) / max(len(known), 1)
    written = texts(known).written[:-1].tolist()
    return np.array([index.get(one, int(place * share)) for place, one in enumerate(written)], dtype=np.int64)
