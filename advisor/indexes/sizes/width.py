"""How wide index tuples are: per key or payload column the widths, NULL share and value frequencies.

Facts from PostgreSQL's source: `index_form_tuple` (header of 8 bytes, 16 with a NULL bitmap, short varlena headers),
`att_align_nominal`, `numeric.c` (two bytes of header, two per four decimal digits), `_bt_allequalimage`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.catalog.index import IndexKey, mentions
from advisor.catalog.schema import Column, Table
from advisor.catalog.statistics import ColumnStatistics, Statistics

Floats = NDArray[np.float64]

SAMPLES = 64
"""Virtual rows over which tuple widths are averaged."""
STEPS = (0.6180339887498949, 0.7548776662466927, 0.8191725133961645, 0.8566748838545029)
"""Strides of the walks, one a column, so that columns vary independently."""
ALIGNMENT = {"c": 1, "s": 2, "i": 4, "d": 8}
NOT_EQUAL_IMAGE = frozenset({
    "numeric", "float4", "float8", "interval", "jsonb", "record", "tsvector", "tsquery", "hstore", "citext", "money",
})  # fmt: skip
"""Types whose equal values may differ in their bytes, or that lack the support function: no deduplication."""
CLASSES = 12
"""Buckets of values of similar frequency per column."""
DEFAULT_DISTINCT = 200.0
DEFAULT_WIDTH = 32


@dataclass(frozen=True, slots=True)
class Part:
    """One column of an index tuple."""

    widths: tuple[int, ...]
    """Bytes at the quantiles of the column's width; a single element for a fixed width."""
    alignment: int
    fixed: bool
    null_frac: float
    shares: tuple[float, ...]
    """Share of rows in each class of values (NULL is a class of its own)."""
    frequencies: tuple[float, ...]
    """Frequency of one value of each class."""
    deduplicates: bool


def part_of(key: IndexKey | str, table: Table, statistics: Statistics, rows: float) -> Part:
    """Return the part for a key, or for the payload column of this name."""
    name = key if isinstance(key, str) else key.column
    column = table.column(name) if name else None
    if column is None:
        return _expression_part(key.expression if isinstance(key, IndexKey) else key, table, statistics, rows)
    found = _found(column.name, table, statistics)
    widths, fixed = _widths(column, found)
    shares, frequencies = _classes(found, rows, column)
    null_frac = found.null_frac if found else 0.0
    return Part(widths, ALIGNMENT[column.alignment], fixed, null_frac, shares, frequencies, deduplicates(column))


def deduplicates(column: Column) -> bool:
    """Return whether a b-tree may merge equal values of this column (13+)."""
    return column.base_type not in NOT_EQUAL_IMAGE and column.type_category not in {"A", "R"}


def tuple_sizes(parts: tuple[Part, ...]) -> Floats:
    """Return the aligned sizes of `SAMPLES` virtual index tuples, drawn evenly and without chance."""
    offset = np.zeros(SAMPLES)
    holed = np.zeros(SAMPLES, dtype=bool)
    for place, part in enumerate(parts):
        widths, null = _draw(part, place)
        align = np.full(SAMPLES, part.alignment) if part.fixed else np.where(widths > 126, 4, 1)
        offset = np.where(null, offset, np.ceil(offset / align) * align + widths)
        holed |= null
    return np.ceil((np.where(holed, 16, 8) + offset) / 8) * 8


def _draw(part: Part, place: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return widths and which are NULL: a low-discrepancy walk through the quantiles."""
    point = (0.5 + (np.arange(1, SAMPLES + 1) + 7 * (place // len(STEPS))) * STEPS[place % len(STEPS)]) % 1.0
    null = point < part.null_frac
    point = np.maximum(point - part.null_frac, 0.0) / max(1 - part.null_frac, 1e-9)
    widths = np.array(part.widths, dtype=np.float64)
    return widths[np.minimum((point * len(widths)).astype(np.int64), len(widths) - 1)], null


def _found(name: str, table: Table, statistics: Statistics) -> ColumnStatistics | None:
    key = (table.schema, table.name, name)
    return statistics.columns.get(key) or statistics.inherited.get(key)


def _widths(column: Column, found: ColumnStatistics | None) -> tuple[tuple[int, ...], bool]:
    """Return the quantiles of a column's width and whether it is fixed."""
    if column.length > 0 and column.base_type != "name":
        return (column.length,), True
    mean = found.avg_width if found else DEFAULT_WIDTH
    sample = _sampled_widths(column, found) if found else []
    if sample and abs(sum(sample) / len(sample) - mean) <= max(0.15 * mean, 1.0):
        return tuple(sorted(sample)), False
    return tuple(max(1, mean - 4 + step) for step in range(8)), False


def _sampled_widths(column: Column, found: ColumnStatistics) -> list[int]:
    """Return widths of the values in the statistics, most common values in proportion to their frequency."""
    measure = _numeric_width if column.base_type == "numeric" else _text_width if column.type_category == "S" else None
    if measure is None:
        return []
    common = list(zip(found.most_common_vals or (), found.most_common_freqs or (), strict=False))
    rest = max(1.0 - found.null_frac - sum(share for _, share in common), 0.0)
    widths = [measure(value) for value, share in common for _ in range(max(round(share * 400), 0))]
    bounds = found.histogram_bounds or ()
    if bounds:
        repeat = max(round(rest * 400 / len(bounds)), 0)
        widths += [measure(value) for value in bounds for _ in range(repeat)]
    return widths or [measure(value) for value, _ in common]


def _text_width(value: str) -> int:
    length = len(value.encode())
    return length + (1 if length <= 126 else 4)


def _numeric_width(value: str) -> int:
    """Return the stored width of a numeric with a short varlena header."""
    whole, _, fraction = value.lstrip("-").partition(".")
    whole, fraction = whole.lstrip("0"), fraction
    groups = -(-len(whole) // 4) + -(-len(fraction.rstrip("0")) // 4)
    if not fraction.rstrip("0"):
        groups = -(-len(whole) // 4) - (len(whole) - len(whole.rstrip("0"))) // 4 if whole else 0
    return 3 + 2 * max(groups, 0)


def _classes(
    found: ColumnStatistics | None, rows: float, column: Column
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return share of rows and frequency of one value, per class of values of similar frequency."""
    distinct = found.distinct(rows) if found and found.n_distinct else min(DEFAULT_DISTINCT, max(rows, 1.0))
    null_frac = found.null_frac if found else 0.0
    common = sorted((found.most_common_freqs or ()) if found else (), reverse=True)
    pairs = [(null_frac, null_frac)] if null_frac > 0 else []
    step = -(-len(common) // CLASSES) or 1
    for start in range(0, len(common), step):
        bucket = common[start : start + step]
        pairs.append((sum(bucket), sum(bucket) / len(bucket)))
    rest = max(1.0 - null_frac - sum(common), 0.0)
    others = distinct - len(common)
    if rest > 1e-6 or not pairs:
        pairs.append((max(rest, 1e-6), max(rest, 1e-6) / max(others, 1.0)))
    return tuple(share for share, _ in pairs), tuple(frequency for _, frequency in pairs)


def _expression_part(expression: str, table: Table, statistics: Statistics, rows: float) -> Part:
    """Return a part for an expression, whose values nobody has counted: judged by the columns in it."""
    columns = [column for column in table.columns if mentions(expression, column.name)]
    text = [c for c in columns if c.type_category == "S" and "->" not in expression]
    lowered = expression.lower()
    if "date_trunc" in lowered or "timezone" in lowered:
        return Part((8,), 8, True, 0.0, (1.0,), (1 / DEFAULT_DISTINCT,), True)
    if "::date" in lowered or "date_part" in lowered or "extract" in lowered:
        return Part((4,), 4, True, 0.0, (1.0,), (1 / DEFAULT_DISTINCT,), True)
    if text:
        return part_of(text[0].name, table, statistics, rows)
    widths = (6, 8, 10, 12, 14, 16)
    return Part(widths, 1, False, 0.0, (1.0,), (1 / max(DEFAULT_DISTINCT, rows / 10),), True)
