"""The height of a b-tree from its page count, where nobody may read its metapage."""

from __future__ import annotations

import math

PAGE = 8192
PAGE_OVERHEAD = 24 + 16
"""Bytes of the page header and of the b-tree's special space."""
TUPLE_OVERHEAD = 8 + 4
"""Bytes of an index tuple's header and of its line pointer."""
INTERNAL_FILL = 0.70
"""`BTREE_NONLEAF_FILLFACTOR` of nbtree.h: how full a build leaves internal pages."""
COMPRESSED_ABOVE = 508
"""`TOAST_INDEX_TARGET` of indextuple.c: wider keys are stored compressed, so their width says little."""
LARGEST_KEY = 2704
"""`BTMaxItemSize` of nbtree.h: a third of a page."""


def btree_height(pages: int, key_width: float, rows: float = 0.0) -> int:
    """Return the levels below the root of a b-tree of `pages` pages (metapage included); `key_width` is in bytes."""
    leaves = max(pages - 1, 1)
    if key_width > COMPRESSED_ABOVE and rows > 0:
        key_width = min(key_width, leaves * PAGE / rows)
    width = min(_aligned(max(key_width, 1)), LARGEST_KEY) + TUPLE_OVERHEAD
    fan_out = max(2, math.floor((PAGE - PAGE_OVERHEAD) * INTERNAL_FILL / width))
    height = 0
    while leaves > 1:
        leaves = math.ceil(leaves / fan_out)
        height += 1
    return height


def _aligned(width: float) -> int:
    return math.ceil(width / 8) * 8
