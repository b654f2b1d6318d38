"""Arrays, text search vectors and ranges: values whose statistics are about what is in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from advisor.catalog.schema import Column
from advisor.catalog.statistics import ColumnStatistics
from advisor.verify.rows.ticks import family_of

_SEVERAL = 3
"""Elements of a value when nothing is known of their number."""


def made_of_elements(statistics: ColumnStatistics, base: str, count: int, random: np.random.Generator) -> list[str]:
    """Return `count` arrays or tsvectors whose elements come as often as the statistics say."""
    names = statistics.most_common_elems or ()
    shares = np.asarray((statistics.most_common_elem_freqs or ())[: len(names)], dtype=np.float64)
    lengths = _lengths(statistics, count)
    write = _vector if base == "tsvector" else _array
    found: list[list[str]] = [[] for _ in range(count)]
    for name, share in zip(names, shares.tolist(), strict=False):
        for place in np.flatnonzero(random.random(count) < share).tolist():
            found[place].append(name)
    return [
        write(_filled(have, wanted, number, names))
        for number, (have, wanted) in enumerate(zip(found, lengths, strict=True))
    ]


def _lengths(statistics: ColumnStatistics, count: int) -> list[int]:
    """Return how many different elements each value has; a tsvector's statistics do not say."""
    histogram = (statistics.elem_count_histogram or ())[:-1]  # the last entry is the mean
    if not histogram:
        return [_SEVERAL if statistics.most_common_elems is None else 0] * count
    places = np.arange(count) * len(histogram) // max(count, 1)
    return [round(histogram[place]) for place in places.tolist()]


def _filled(have: list[str], wanted: int, number: int, names: Sequence[str]) -> list[str]:
    """Fill up with rare elements where these are texts of our own making; of other types the known ones have to do."""
    if len(have) >= wanted or not names:
        return have
    if all(name.lstrip("-").isdigit() for name in names[:5]):
        top = max((int(name) for name in names if name.lstrip("-").isdigit()), default=0)
        return [*have, *(str(top + 1 + (number * 7 + extra) % 9000) for extra in range(wanted - len(have)))]
    more = [name for name in names[number % len(names) :] if name not in have]
    return [*have, *more[: wanted - len(have)]]


def _array(elements: Sequence[str]) -> str:
    return "{" + ",".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in elements) + "}"


def _vector(elements: Sequence[str]) -> str:
    return " ".join("'" + one.replace("\\", "\\\\").replace("'", "''") + f"':{n}" for n, one in enumerate(elements, 1))


def ranges(statistics: ColumnStatistics, base: str, count: int, random: np.random.Generator) -> list[str]:
    """Return ranges whose lower ends and lengths follow the histograms."""
    add = _upper_end(base)
    bounds, lengths = statistics.range_bounds_histogram or (), statistics.range_length_histogram or ()
    empty = round((statistics.range_empty_frac or 0.0) * count)
    places = np.sort(random.random(count))
    sizes = random.permutation(count)
    found = ["empty"] * empty
    for number in range(count - empty if bounds else 0):
        low = _low(bounds[int(places[number] * len(bounds))])
        length = float(lengths[int(sizes[number] * len(lengths) // count)]) if lengths else 1.0
        high = add(low, length) if low and np.isfinite(length) else None
        one = f"[{low},{high})" if high is not None else f"[{low},)"
        found.append("{" + one + "}" if "multirange" in base else one)
    return found


def _low(bound: str) -> str:
    return bound.strip("[](){}").split(",")[0].strip('"')


def _upper_end(base: str) -> Callable[[str, float], str | None]:
    family = {
        "int4": "int4",
        "int8": "int8",
        "num": "numeric",
        "date": "date",
        "ts": "timestamp",
        "tstz": "timestamptz",
    }
    kind = family.get(base.replace("multirange", "").replace("range", ""))
    if kind is None:
        return lambda low, length: None
    column = Column("", kind, 1, base_type=kind)

    def add(low: str, length: float) -> str | None:
        known = family_of(column, [low, "0.000001"])
        ticks = known.of([low]) if known else None
        if known is None or ticks is None:
            return None
        size = length * (1_000_000 if kind in ("numeric", "timestamp", "timestamptz") else 1)
        return known.render(ticks + max(1, round(size)))[0]

    return add
