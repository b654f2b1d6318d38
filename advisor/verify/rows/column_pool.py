"""The pool of one column out of its statistics: common values as often as they come, the others over the histogram."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from advisor.catalog.schema import Column
from advisor.catalog.statistics import ColumnStatistics
from advisor.verify.rows.made_elements import made_of_elements, ranges
from advisor.verify.rows.spreading import depths, spread
from advisor.verify.rows.ticks import Family, Ticks, family_of, step_of
from advisor.verify.rows.value_pool import Counts, Numbers, Pool, Values, rounded, split, texts
from advisor.verify.rows.varied_texts import between, digits_for, documents, filled

_TEXTS = ("text", "varchar", "bpchar", "name", "citext")
_DOCUMENTS = ("jsonb", "json")
_LENGTH = re.compile(r"(?:character|character varying|varchar|char)\((\d+)\)")
_WRITTEN_AT_MOST = 100_000
"""Values from which on they are written when they are sent, not before."""
_START = {"date": "2024-01-01", "timestamp": "2024-01-01", "timestamptz": "2024-01-01 00:00:00+00", "time": "00:00:00",
          "uuid": "00000000-0000-4000-8000-000000000000", "inet": "10.0.0.0"}  # fmt: skip
_STEP = {"timestamp": 1_000_000, "timestamptz": 1_000_000, "time": 1_000_000, "uuid": 1 << 40}
_STORED_OUTSIDE = 40
"""Bytes up to which a text without any known value is taken for one that lies in the TOAST table."""
_OUTSIDE_WIDTH = 2500

Order = Callable[[Column, Sequence[str]], Sequence[str]]
"""Sorts values of a column as the server does."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of one column's pool."""

    column: Column
    statistics: ColumnStatistics
    rows: int
    unique: bool
    """Whether no value may come twice."""
    forced: tuple[str, ...] = ()
    """Values that must be among them: those that statistics of other tables point at."""
    labels: tuple[str, ...] = ()
    """Labels of an enumeration."""


def column_pool(wanted: Wanted, order: Order, random: np.random.Generator) -> Pool:
    """Return the pool of a column that points at no other table."""
    nulls = 0 if wanted.column.not_null else min(wanted.rows, round(wanted.statistics.null_frac * wanted.rows))
    filled_rows = wanted.rows - nulls
    if not filled_rows:
        return Pool(texts(()), np.zeros(0, dtype=np.int64), nulls)
    known = _known(wanted.statistics)
    family = family_of(wanted.column, known)
    if family is not None:
        found = _of_numbers(wanted, family, filled_rows)
        if found is not None:
            return Pool(*found, nulls)
    values, counts = _of_texts(wanted, filled_rows, order, random)
    return Pool(texts(values), counts, nulls)


def common_counts(statistics: ColumnStatistics, rows: int, filled_rows: int) -> Counts:
    """Return the rows of each most common value; they share all rows where there are no others."""
    frequencies = statistics.most_common_freqs or ()
    counts = np.minimum(rounded(frequencies, rows), filled_rows)
    total = int(counts.sum())
    alone = not statistics.histogram_bounds and _complete(statistics, len(counts))
    if len(counts) and (alone or total > filled_rows):
        edges = np.concatenate([[0.0], np.cumsum(frequencies)]) / sum(frequencies) * filled_rows
        counts = np.diff(np.rint(edges).astype(np.int64))
    return counts


def others(
    statistics: ColumnStatistics, rows: int, common: Counts, filled_rows: int, *, unique: bool
) -> tuple[int, int]:
    """Return how many rows have none of the common values, and how many different values these rows have."""
    left = filled_rows - int(common.sum())
    distinct = left if unique else round(statistics.distinct(rows)) - len(common)
    return left, min(left, max(1, distinct)) if left else 0


def _complete(statistics: ColumnStatistics, common: int) -> bool:
    return statistics.n_distinct < 0 or common >= statistics.n_distinct - 0.5


def _known(statistics: ColumnStatistics) -> list[str]:
    ends = [one for one in (statistics.low, statistics.high) if one is not None]
    return [*(statistics.most_common_vals or ()), *(statistics.histogram_bounds or ()), *ends]


def _of_numbers(wanted: Wanted, family: Family, filled_rows: int) -> tuple[Values, Counts] | None:
    """Return values and counts by reckoning; `None` where a known value is none to reckon with."""
    statistics = wanted.statistics
    common, bounds = family.of(statistics.most_common_vals or ()), family.of(_bounds(statistics))
    forced = family.of(wanted.forced)
    if common is None or bounds is None or forced is None:
        return None
    counts = common_counts(statistics, wanted.rows, filled_rows)
    if wanted.unique:
        counts = np.ones(len(common), dtype=np.int64)[:filled_rows]
    common = common[: len(counts)]
    left, distinct = others(statistics, wanted.rows, counts, filled_rows, unique=wanted.unique)
    if left:
        bounds = np.sort(bounds) if len(bounds) > 1 else _invented(wanted.column, family, distinct)
        step = step_of(np.concatenate([bounds, common, forced]))
        inner = _inner(bounds, distinct, step, common, forced)
        places = np.clip(np.searchsorted(bounds, inner, side="right") - 1, 0, len(bounds) - 2)
        rows = np.ones(len(inner), dtype=np.int64) if wanted.unique else depths(places, len(bounds) - 1, left)
        common, counts = np.concatenate([common, inner]), np.concatenate([counts, rows])
    order = np.argsort(common, kind="stable")
    values, counts = _merged(common[order], counts[order])
    if len(values) > _WRITTEN_AT_MOST:
        return Numbers(values, family), counts
    return texts(family.render(values)), counts


def _merged(ticks: Ticks, counts: Counts) -> tuple[Ticks, Counts]:
    """Return sorted values without repeats (values that the statistics hold twice, such as 1.0 and 1.00)."""
    if len(ticks) < 2 or (np.diff(ticks) > 0).all():
        return ticks, counts
    found, first = np.unique(ticks, return_index=True)
    return found, np.add.reduceat(counts, first)


def _bounds(statistics: ColumnStatistics) -> list[str]:
    """Return the histogram's bounds, the real ends in the place of those that ANALYZE saw."""
    bounds = list(statistics.histogram_bounds or ())
    if len(bounds) > 1:
        bounds[0], bounds[-1] = statistics.low or bounds[0], statistics.high or bounds[-1]
    return bounds


def _invented(column: Column, family: Family, distinct: int) -> Ticks:
    start = family.parse(_START.get(column.base_type, "1"))
    if column.base_type == "time":
        return np.array([start, 86_399_000_000], dtype=np.int64)
    return np.array([start, start + max(1, distinct - 1) * _STEP.get(column.base_type, 1)], dtype=np.int64)


def _inner(bounds: Ticks, distinct: int, step: int, common: Ticks, forced: Ticks) -> Ticks:
    """Return `distinct` values within the bounds that are not common, the forced ones among them."""
    found = _beside(spread(bounds, distinct, step), common)
    if len(found) < distinct:
        found = _thinned(_beside(spread(bounds, distinct + len(common), step), common), distinct, bounds)
    known = _beside(np.sort(forced), np.concatenate([common, found]))
    if not len(known):
        return found
    both = np.sort(np.concatenate([found, known]), kind="stable")
    return _thinned(both[np.concatenate([[True], np.diff(both) > 0])], distinct, known)


def _beside(values: Ticks, others: Ticks) -> Ticks:
    """Return the values without some others."""
    if not len(others) or not len(values):
        return values
    ordered = np.sort(others)
    near = ordered[np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)]
    kept: Ticks = values[near != values]
    return kept


def _thinned(values: Ticks, wanted: int, kept: Ticks) -> Ticks:
    """Return `wanted` of the values, evenly, all of `kept` among them where there is room."""
    surplus = len(values) - wanted
    if surplus <= 0:
        return values
    loose = np.flatnonzero(~np.isin(values, kept))
    if len(loose) < surplus:
        loose = np.arange(len(values))
    gone = loose[np.arange(surplus, dtype=np.int64) * len(loose) // surplus]
    return np.delete(values, gone)


def _of_texts(wanted: Wanted, filled_rows: int, order: Order, random: np.random.Generator) -> tuple[list[str], Counts]:
    """Return values and counts where values can only be varied, not reckoned."""
    statistics = wanted.statistics
    common = list(dict.fromkeys(statistics.most_common_vals or ()))
    counts = common_counts(statistics, wanted.rows, filled_rows)
    if wanted.unique:
        counts = np.ones(len(common), dtype=np.int64)[:filled_rows]
    common = common[: len(counts)]
    left, distinct = others(statistics, wanted.rows, counts, filled_rows, unique=wanted.unique)
    inner = (
        _varied(replace(wanted, forced=tuple(sorted({*wanted.forced} - {*common}))), distinct, order, random)
        if left
        else []
    )
    known = {*common}
    times = Counter(one for one in inner if one not in known)
    inner = list(times)
    if wanted.unique and wanted.column.base_type in _TEXTS and 0 < len(inner) < left:
        inner = _topped_up(inner, left, {*inner, *known}, wanted.column)
    if not inner:
        return _all_common(common, counts, left)
    rows = np.ones(len(inner), dtype=np.int64) if wanted.unique else _as_often(list(times.values()), left)
    by_value = dict(zip([*inner, *common], [*rows.tolist(), *counts.tolist()], strict=True))
    values = _sorted([*by_value], common, inner, wanted.column, order)
    return values, np.array([by_value[one] for one in values], dtype=np.int64)


def _topped_up(values: list[str], count: int, taken: set[str], column: Column) -> list[str]:
    """Return `count` values, each another: what is missing since two came out alike is made anew after the last."""
    digits = digits_for(count) + 1
    more = between(values[-1], "", range(16 * (count - len(values)) + 2), digits, _longest(column))
    fresh = (one for one in dict.fromkeys(more) if one not in taken)
    return [*values, *itertools.islice(fresh, count - len(values))]


def _as_often(times: Sequence[int], rows: int) -> Counts:
    """Return rows in proportion to how often each value was made; at least one each while there are enough."""
    if max(times) == 1 or rows < len(times):
        return split(rows, len(times))
    edges = np.concatenate([[0], np.cumsum(np.asarray(times) / sum(times))]) * (rows - len(times))
    more: Counts = np.diff(np.rint(edges).astype(np.int64))
    return more + 1


def _all_common(common: list[str], counts: Counts, left: int) -> tuple[list[str], Counts]:
    """Give the rows that are left to the common values; all of them are NULL where there is no value at all."""
    return common, counts + split(left, len(counts)) if len(counts) else counts


def _sorted(values: list[str], common: list[str], inner: list[str], column: Column, order: Order) -> list[str]:
    """Return all values in order: the common ones put among the others, which are in order by themselves."""
    if len(values) <= _SORTED_THERE:
        return list(order(column, values))
    every = max(1, len(inner) // _SORTED_THERE)
    marks = inner[::every]
    ranked = {one: rank for rank, one in enumerate(order(column, [*dict.fromkeys([*marks, *common])]))}
    keyed = [(ranked[marks[place // every]], place % every + 1, one) for place, one in enumerate(inner)]
    return [one for _, _, one in sorted([*keyed, *((ranked[one], 0, one) for one in common)])]


_SORTED_THERE = 5000
"""Values that the server is asked to sort; of more than that it sorts every so manieth."""


def _varied(wanted: Wanted, distinct: int, order: Order, random: np.random.Generator) -> list[str]:
    statistics, base = wanted.statistics, wanted.column.base_type
    if wanted.labels:
        return [one for one in wanted.labels if one not in (statistics.most_common_vals or ())][:distinct]
    if statistics.range_bounds_histogram is not None or base.endswith("range"):
        return ranges(statistics, base, distinct, random)
    if statistics.most_common_elems is not None and (base == "tsvector" or base.startswith("_")):
        return made_of_elements(statistics, base, distinct, random)
    bounds = [*_bounds(statistics), *wanted.forced]
    if wanted.forced and statistics.histogram_bounds:
        bounds = list(order(wanted.column, list(dict.fromkeys(bounds))))
    if base in _TEXTS:
        return _texts(wanted.column, bounds, distinct, statistics.avg_width)
    if base in _DOCUMENTS and bounds:
        return list(documents(bounds, distinct))
    if base == "bool":
        return [one for one in ("f", "t") if one not in (statistics.most_common_vals or ())][:distinct]
    if base in _DOCUMENTS:
        return [f'{{"n": {number}}}' for number in range(distinct)]
    if base == "bytea":
        return [f"\\x{number:08x}{'5a' * max(0, statistics.avg_width - 5)}" for number in range(distinct)]
    return bounds[:distinct]


def _texts(column: Column, bounds: Sequence[str], distinct: int, width: int) -> list[str]:
    longest = _longest(column)
    if len(bounds) < 2:
        outside = longest is None and width <= _STORED_OUTSIDE and distinct > 100
        return [*bounds, *filled(distinct - len(bounds), _OUTSIDE_WIDTH if outside else width - 1, longest)]
    parts = split(distinct - 1, len(bounds) - 1)
    firsts = (np.cumsum(parts) - parts).tolist()
    digits = digits_for(distinct)
    found = [
        one
        for low, high, part, first in zip(bounds, bounds[1:], parts.tolist(), firsts, strict=False)
        if part
        for one in between(low, high, range(first, first + part), digits, longest)
    ]
    return [*found, bounds[-1]]


def _longest(column: Column) -> int | None:
    """Return how many characters the column takes, `None` where there is no end."""
    match = _LENGTH.search(column.type)
    return int(match[1]) if match else 63 if column.base_type == "name" else None
