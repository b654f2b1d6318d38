"""Sizes of hash, BRIN and GiST indexes."""

from __future__ import annotations

import math

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.indexes.sizes.width import Part

HASH_FILL = 307
"""Tuples per bucket page at the default fill factor (75 %)."""
PAGES_PER_RANGE = 128
STORED = {"point": 32.0, "circle": 32.0, "polygon": 32.0, "inet": 11.0, "cidr": 11.0}
"""Bytes of a GiST leaf key where it is not the value itself."""
FILLED, PACKED = 0.68, 0.99
"""Share of a GiST page in use after a build by splitting, and after a sorted one."""
FEWEST = 3.0
"""Entries on a page at least: wider ones are compressed or stored out of line."""
SORTED_RANGES = 18
"""Major version from which range types are sorted for the build."""


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
    if power < 10:
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
    per_page = max((8192 - 32) // (math.ceil(width / 8) * 8 + 4), 1)
    pages = 1 + math.ceil(ranges / 1360) + math.ceil(ranges / per_page)
    return IndexSize(float(ranges), pages, 0)


def gist_size(parts: tuple[Part, ...], rows: float, types: tuple[str, ...], major: int) -> IndexSize:
    """Return the size of a GiST (or SP-GiST) index: points are stored as boxes, ranges are packed when sorted (18+)."""
    if rows < 1:
        return IndexSize(rows, 1, 0)
    stored = sum(
        STORED.get(name, sum(part.widths) / len(part.widths)) for part, name in zip(parts, types, strict=False)
    )
    packed = major >= SORTED_RANGES and all(name.endswith("range") for name in types)
    per_page = max(8152 * (PACKED if packed else FILLED) / (math.ceil((8 + stored) / 8) * 8 + 4), FEWEST)
    pages, level, height = 0, rows / per_page, 0
    while level > 1:
        pages += math.ceil(level)
        level = math.ceil(level) / per_page
        height += 1
    return IndexSize(rows, pages + 1, height)
