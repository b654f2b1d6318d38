"""Columns that go together: common combinations as often as they come, and how far one column decides another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.catalog.statistics import ExtendedData
from advisor.verify.rows.value_pool import Codes, Pool, rounded

_NUMBER = re.compile(r'"([\d, -]+)":\s*([\d.]+)')
_DEPENDENCY = re.compile(r'"(-?\d+(?:, -?\d+)*) => (-?\d+)":\s*([\d.]+)')


@dataclass(frozen=True, slots=True)
class Group:
    """Columns of a table that an extended statistics object is about, and what it says of them."""

    columns: tuple[str, ...]
    combinations: tuple[tuple[str | None, ...], ...] = ()
    frequencies: tuple[float, ...] = ()
    distinct: float | None = None
    """Different combinations of all columns."""
    dependence: float | None = None
    """How far the first column decides the others, the strongest that is known, 0 to 1."""


def group_of(data: ExtendedData) -> Group | None:
    """Return the group that the statistics are about; `None` for those that hold expressions, or nothing."""
    if data.expression_count or len(data.attributes) < 2:
        return None
    if not (data.most_common_vals or data.n_distinct or data.dependencies):
        return None
    every = {int(number) for number in data.numbers}
    distinct = {
        frozenset(map(int, names.split(","))): float(count) for names, count in _NUMBER.findall(data.n_distinct or "")
    }
    pairs = [
        (left, float(degree)) for left, _, degree in _DEPENDENCY.findall(data.dependencies or "") if "," not in left
    ]
    lead = max(pairs, key=lambda pair: pair[1], default=None)
    names = dict(zip(data.numbers, data.attributes, strict=False))
    first = names.get(int(lead[0])) if lead else None
    columns = tuple(sorted(data.attributes, key=lambda name: name != first))
    order = [data.attributes.index(name) for name in columns]
    return Group(
        columns,
        tuple(tuple(one[place] for place in order) for one in data.most_common_vals or ()),
        tuple(data.most_common_freqs or ()),
        distinct.get(frozenset(every)),
        lead[1] if lead else None,
    )


def combined(
    group: Group,
    pools: Mapping[str, Pool],
    code_of: Mapping[str, Mapping[str, int]],
    rows: int,
    random: np.random.Generator,
) -> list[Codes]:
    """Return the codes of the group's columns for all rows, in no order of rows: each column keeps its own counts."""
    kept, times = _common(group, code_of, rows)
    columns = [np.repeat(codes, times) for codes in kept]
    used = int(times.sum())
    rest = []
    for name, taken in zip(group.columns, columns, strict=True):
        pool = pools[name]
        rest.append(_remaining(pool, taken, rows - used))
    coupled = _coupled(rest, group, len(times), random)
    return [np.concatenate([one, other]) for one, other in zip(columns, coupled, strict=True)]


def _common(group: Group, code_of: Mapping[str, Mapping[str, int]], rows: int) -> tuple[list[Codes], Codes]:
    """Return the codes of the common combinations, by column, and how many rows have each."""
    found = []
    for combination, frequency in zip(group.combinations, group.frequencies, strict=False):
        codes = [
            -1 if value is None else code_of[name].get(value)
            for name, value in zip(group.columns, combination, strict=True)
        ]
        if None not in codes:
            found.append((codes, frequency))
    times = rounded([frequency for _, frequency in found], rows)
    surplus = int(times.sum()) - rows
    if surplus > 0 and len(times):
        times[0] = max(0, times[0] - surplus)
    kept = [np.array([codes[place] for codes, _ in found], dtype=np.int64) for place in range(len(group.columns))]
    return kept, times


def _remaining(pool: Pool, taken: Codes, count: int) -> Codes:
    """Return in order what a column still has to give after the common combinations; exactly `count`, NULLs first."""
    spent = np.bincount(taken[taken >= 0], minlength=len(pool.counts))
    left = np.maximum(pool.counts - spent, 0)
    nulls = max(0, pool.nulls - int((taken < 0).sum()))
    found = np.concatenate([np.full(nulls, -1, dtype=np.int64), np.repeat(np.arange(len(left), dtype=np.int64), left)])
    if len(found) > count:
        return found[np.arange(count, dtype=np.int64) * len(found) // max(count, 1)]
    if len(found) < count:
        source = pool.ordered if len(pool.counts) else np.full(1, -1, dtype=np.int64)
        extra = source[np.arange(count - len(found), dtype=np.int64) * len(source) // (count - len(found))]
        found = np.sort(np.concatenate([found, extra]))
    return found


def _coupled(columns: Sequence[Codes], group: Group, common: int, random: np.random.Generator) -> list[Codes]:
    """Return the columns joined: a share of the rows in step with the first column, the rest by chance."""
    count = len(columns[0])
    if not count:
        return list(columns)
    if group.distinct is not None:
        return _with_distinct(columns, max(1, round(group.distinct) - common), random)
    share = group.dependence or 0.0
    loose = np.sort(random.choice(count, round((1 - share) * count), replace=False))
    found = [columns[0]]
    for column in columns[1:]:
        other = column.copy()
        other[loose] = column[random.permutation(loose)]
        found.append(other)
    return found


def _with_distinct(columns: Sequence[Codes], wanted: int, random: np.random.Generator) -> list[Codes]:
    """Return the columns joined so that there are about `wanted` different combinations.

    In step with each other they have the fewest; each row that leaves the step adds one at most.
    """
    count = len(columns[0])
    step = 1 + int(np.any([np.diff(column) != 0 for column in columns], axis=0).sum())
    free = min(count, max(0, wanted - step))
    if free >= count * 0.98:
        return [columns[0], *(random.permutation(column) for column in columns[1:])]
    if not free:
        return list(columns)
    # As many different pairs as are wanted, drawn by chance, each then repeated: this keeps what each column holds.
    drawn = [column[np.sort(random.choice(count, free, replace=False))] for column in columns]
    drawn = [drawn[0], *(random.permutation(one) for one in drawn[1:])]
    loose = np.sort(random.choice(count, count // 2, replace=False))
    pick = np.sort(np.arange(len(loose)) % free)
    found = []
    for column, one in zip(columns, drawn, strict=True):
        other = column.copy()
        other[loose] = one[pick]
        found.append(other)
    return found
