"""Into which elements a GIN index takes values apart, and how frequent each is, from the values statistics hold."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from advisor.catalog.statistics import ColumnStatistics

Elements = Callable[[str], Iterator[str]]
MOST = 50.0
"""Logarithm of the most elements thought of: what it bounds is bounded by the rows anyway."""
SEEN_OFTEN = 8
"""Sampled values an element must occur in for its frequency to be believed."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """How often elements occur: listed ones each with the share of rows, the rest together."""

    common: tuple[float, ...]
    rare: float
    """Occurrences of the other elements per row."""
    kinds: float
    """How many other elements there are."""
    width: float
    """Bytes of an element."""
    clustered: float = 0.0
    """How far the column's order follows the table's, 0 to 1."""


def sampled(found: ColumnStatistics, elements: Elements, width: float | None = None) -> Spectrum:
    """Return the spectrum of a column's values, by taking apart those its statistics hold."""
    weighted = _values(found)
    share: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for value, weight in weighted:
        for element in set(elements(value)):
            share[element] += weight  # type: ignore[assignment]
            seen[element] += 1
    often = sorted(element for element, count in seen.items() if count >= SEEN_OFTEN)
    seldom = [element for element, count in seen.items() if count < SEEN_OFTEN]
    once = sum(1 for element in seldom if seen[element] == 1)
    twice = len(seldom) - once
    kinds = len(seldom) + once * max(once - 1, 0) / (2 * (twice + 1))
    mean = width or sum(len(element.encode()) for element in seen) / max(len(seen), 1)
    return Spectrum(
        tuple(share[e] for e in often),
        float(sum(share[e] for e in seldom)),
        max(kinds, 1.0),
        mean,
        abs(found.correlation or 0.0),
    )


def listed(found: ColumnStatistics, per_row: float, rows: float) -> Spectrum:
    """Return the spectrum that `most_common_elems` tells (arrays and tsvector)."""
    elements = found.most_common_elems or ()
    frequencies = (found.most_common_elem_freqs or ())[: len(elements)]
    rest = max(per_row - sum(frequencies), 0.0)
    kinds = min(_tail(sorted(frequencies, reverse=True), rest), max(rest * rows, 1.0))
    width = sum(len(element.encode()) for element in elements) / max(len(elements), 1)
    return Spectrum(tuple(frequencies), rest, kinds, width or 8.0)


def _tail(falling: list[float], rest: float) -> float:
    """Return how many more elements share `rest` when frequencies go on falling as the listed ones do (a power law)."""
    count = len(falling)
    if count < 4 or rest <= 0 or falling[-1] <= 0:
        return 1.0
    half = falling[count // 2 - 1]
    slope = min(math.log(half / falling[-1]) / math.log(2), 0.95)
    mass = rest * (1 - slope) / (falling[-1] * count**slope)
    reach = math.log(mass + count ** (1 - slope)) / (1 - slope)
    return math.exp(min(reach, MOST)) - count


def _values(found: ColumnStatistics) -> list[tuple[str, float]]:
    common = list(zip(found.most_common_vals or (), found.most_common_freqs or (), strict=False))
    bounds = found.histogram_bounds or ()
    rest = max(1.0 - found.null_frac - sum(share for _, share in common), 0.0)
    return [*common, *((value, rest / len(bounds)) for value in bounds)]


def trigrams(value: str) -> Iterator[str]:
    """Yield the trigrams pg_trgm makes of a value: two blanks before and one behind each word, lower case."""
    for word in re.findall(r"[^\W_]+", value.lower()):
        padded = f"  {word} "
        yield from (padded[start : start + 3] for start in range(len(padded) - 2))


def json_items(value: str) -> Iterator[str]:
    """Yield what `jsonb_ops` stores: every key, and every value in it."""
    yield from (item for _, item in _walk(_parsed(value), ""))


def json_paths(value: str) -> Iterator[str]:
    """Yield what `jsonb_path_ops` stores: every value with the path to it."""
    yield from (f"{path}={item}" for path, item in _walk(_parsed(value), "") if not item.startswith("K"))


def _parsed(value: str) -> Any:
    """Return the value; a redacted one that is no JSON any more counts as a string."""
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _walk(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield path, f"K{key}"
            yield from _walk(child, f"{path}/{key}")
    elif isinstance(node, list):
        for child in node:
            yield from _walk(child, path)
    else:
        yield path, f"V{node}"
