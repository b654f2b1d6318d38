"""Page images for indexes that are empty but must look as high and as full as the real ones.

An empty b-tree has height 0, and the planner charges for each level of a descent. The skeleton is a metapage that names
the real height, and below it one page a level: internal pages lead to the next one through a single minus-infinity
downlink, the leaf is empty. Layouts: `nbtree.h`, `bufpage.h`, `itup.h`, `ginblock.h` and `brin_page.h` of PostgreSQL
13 to 18, which agree in all that is touched here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from advisor.twin.servers.relation_files import PAGE

_HEADER = 24
_BTREE_SPECIAL = 16
_LAYOUT_VERSION = 4
_LEAF, _ROOT = 1, 2
_ALT_TID = 0x2000
"""INDEX_ALT_TID_MASK: the tuple's block pointer is a downlink, its offset the number of attributes."""
_LP_NORMAL = 1
_BTREE_ROOT_FIELDS = 32
_GIN_PENDING_PAGES = 36
_GIN_TOTAL_PAGES = 48
_BRIN_PAGES_PER_RANGE = 32
_BRIN_LAST_REVMAP_PAGE = 36
_BRIN_RANGES_PER_PAGE = 1360
"""REVMAP_PAGE_MAXITEMS."""


def btree(metapage: bytes, height: int, pages: int, leaf: Sequence[bytes] = ()) -> dict[int, bytes]:
    """Return metapage and skeleton of a b-tree of this height; `metapage` is the empty index's own.

    The height is cut to what `pages` can hold, so that every page of the skeleton exists. `leaf` holds the tuples of
    its leaf, in order.
    """
    if pages < 2:
        return {0: metapage}
    height = max(0, min(height, pages - 2))
    images = {0: _patched(metapage, _BTREE_ROOT_FIELDS, "<4I", 1, height, 1, height)}
    for level in range(height, -1, -1):
        block = height - level + 1
        downlink = struct.pack("<HHHH", 0, block + 1, 0, _ALT_TID | 8)
        images[block] = _btree_page(level, level == height, [downlink] if level else leaf)
    return images


def visibility_map() -> bytes:
    """Return the first page of a visibility map that shows a table's first page as visible to all.

    The planner then believes the tuples of a leaf without looking for their rows.
    """
    return (_page_header(_HEADER, PAGE, PAGE) + b"\x01").ljust(PAGE, b"\0")


def _btree_page(level: int, root: bool, tuples: Sequence[bytes]) -> bytes:
    special = PAGE - _BTREE_SPECIAL
    flags = (_LEAF if level == 0 else 0) | (_ROOT if root else 0)
    pointers, body, upper = b"", b"", special
    for image in tuples:
        upper -= len(image)
        body = image + body
        pointers += struct.pack("<I", upper | _LP_NORMAL << 15 | len(image) << 17)
    lower = _HEADER + len(pointers)
    opaque = struct.pack("<IIIHH", 0, 0, level, flags, 0)
    return _page_header(lower, upper, special) + pointers + bytes(upper - lower) + body + opaque


def _page_header(lower: int, upper: int, special: int) -> bytes:
    return struct.pack("<QHHHHHHI", 0, 0, 0, lower, upper, special, PAGE | _LAYOUT_VERSION, 0)


def gin(metapage: bytes, counts: tuple[int, int, int, int, int]) -> dict[int, bytes]:
    """Return a GIN metapage with these counts: pending, total, entry and data pages, and entries."""
    pending, total, entry, data, entries = counts
    patched = _patched(metapage, _GIN_PENDING_PAGES, "<I", pending)
    return {0: _patched(patched, _GIN_TOTAL_PAGES, "<3I4xq", total, entry, data, entries)}


def brin(metapage: bytes, heap_pages: int, revmap_pages: int | None = None) -> dict[int, bytes]:
    """Return a BRIN metapage whose range map covers a heap of this many pages, or takes `revmap_pages`."""
    (pages_per_range,) = struct.unpack_from("<I", metapage, _BRIN_PAGES_PER_RANGE)
    ranges = -(-heap_pages // pages_per_range)
    last = max(1, -(-ranges // _BRIN_RANGES_PER_PAGE)) if revmap_pages is None else revmap_pages + 1
    return {0: _patched(metapage, _BRIN_LAST_REVMAP_PAGE, "<I", last)}


def _patched(page: bytes, offset: int, layout: str, *values: int) -> bytes:
    packed = struct.pack(layout, *values)
    return page[:offset] + packed + page[offset + len(packed) :]
