"""Sizes of the access methods that are not b-trees: hash, BRIN, GIN and GiST."""

from __future__ import annotations

import math

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.schema import Table
from advisor.catalog.statistics import Statistics
from advisor.indexes.width import Part, tuple_sizes

HASH_FILL = 307
"""Tuples per bucket page at the default fill factor (75 %)."""
PAGES_PER_RANGE = 128


def hash_size(rows: float) -> IndexSize:
    """Return the size of a hash index: buckets grow in steps (`_hash_spareindex`), plus overflow and bitmap pages."""
    wanted = max(rows / HASH_FILL, 2.0)
    buckets = _buckets(math.ceil(wanted))
    tuples_per_page = 407.0
    overflow = max(rows / tuples_per_page - buckets, 0.0) + buckets * _poisson_overflow(rows / buckets, tuples_per_page)
    return IndexSize(rows, round(1 + buckets + overflow + 1), 0)


def _buckets(wanted: int) -> int:
    """Return the bucket count of the split point phase that holds so many buckets."""
    power = max(math.ceil(math.log2(max(wanted, 2))), 1)
    if power <= 10:
        return 1 << power
    below = 1 << (power - 1)
    return below + math.ceil((wanted - below) / (below / 4)) * (below // 4)


def _poisson_overflow(mean: float, capacity: float) -> float:
    """Return the share of buckets that need an overflow page, by the normal approximation."""
    return 0.5 * math.erfc((capacity - mean) / math.sqrt(2 * max(mean, 1.0)))


def brin_size(definition: IndexDefinition, parts: tuple[Part, ...], table_pages: int) -> IndexSize:
    """Return the size of a BRIN index: one summary tuple per range of pages, and the map of ranges."""
    per_range = int(dict(definition.storage).get("pages_per_range", PAGES_PER_RANGE))
    ranges = max(math.ceil(table_pages / per_range), 1)
    width = 8 + 2 * sum(sum(part.widths) / len(part.widths) for part in parts)
    per_page = (8192 - 32) // (math.ceil(width / 8) * 8 + 4)
    pages = 1 + math.ceil(ranges / 1360) + math.ceil(ranges / per_page)
    return IndexSize(float(ranges), pages, 0)


def gist_size(parts: tuple[Part, ...], rows: float) -> IndexSize:
    """Return the size of a GiST (or SP-GiST) index: pages about four fifths full."""
    if rows < 1:
        return IndexSize(rows, 1, 0)
    item = float(tuple_sizes(parts).mean()) + 4
    leaves = max(math.ceil(rows / ((8192 - 40) * 0.8 / item)), 1)
    pages, level, height = leaves, leaves, 0
    while level > 1:
        level = math.ceil(level / max((8192 - 40) * 0.75 / item, 2))
        pages += level
        height += 1
    return IndexSize(rows, pages, height)


def gin_size(
    definition: IndexDefinition, table: Table, statistics: Statistics, rows: float, table_pages: int
) -> IndexSize:
    """Return the size of a GIN index: an entry per distinct element and a compressed posting per occurrence."""
    elements, distinct, key_width = _elements(definition, table, statistics, rows)
    postings = rows * elements
    per_entry = max(postings / max(distinct, 1.0), 1.0)
    gap = table_pages * 2048 / per_entry if per_entry > 1 else 2048.0
    each = min(max(math.log2(max(gap, 2)) / 7, 1.0), 6.0)
    entry_bytes = distinct * (math.ceil((8 + key_width + 6) / 8) * 8 + 8)
    pages = 2 + math.ceil((entry_bytes + postings * each) / (8192 * 0.85))
    return IndexSize(rows, max(pages, 2), 0)


def _elements(
    definition: IndexDefinition, table: Table, statistics: Statistics, rows: float
) -> tuple[float, float, float]:
    """Return elements per row, distinct elements and bytes of one element."""
    key = definition.keys[0]
    name = key.column or next((c.name for c in table.columns if f'"{c.name}"' in key.expression), "")
    found = statistics.column(table.schema, table.name, name)
    width = float(found.avg_width) if found else 32.0
    if key.opclass == "gin_trgm_ops":
        return width + 1, min(20_000.0, 40 * math.sqrt(rows * width / 10) + 100), 3.0
    if found and found.elem_count_histogram:
        mean = found.elem_count_histogram[-1]
        return mean, _distinct_elements(found.most_common_elem_freqs or (), mean, rows), 6.0
    if "tsvector" in key.expression:
        return width / 7, min(rows * width / 14, 200_000.0), 8.0
    pairs = max(width / 20, 1.0)
    if key.opclass == "jsonb_path_ops":
        return pairs, max(rows * pairs / 20, 10.0), 4.0
    return 2 * pairs, max(rows * pairs / 20, 10.0), 10.0


def _distinct_elements(frequencies: tuple[float, ...], mean: float, rows: float) -> float:
    """Return distinct elements: those listed, and as many of the rarest listed frequency as fill the rest."""
    listed = frequencies[:-2] if len(frequencies) > 3 else frequencies
    if not listed:
        return max(rows * mean / 10, 1.0)
    rest = max(mean - sum(listed), 0.0)
    return len(listed) + rest / max(min(listed), 1 / max(rows, 1.0))
