"""A quantile sketch of durations: counts in logarithmic buckets, so that merging is adding, in any order.

With buckets two per cent wide, every quantile is right to one per cent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

WIDTH = math.log(1.02)


def buckets(microseconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bucket of each duration."""
    return np.ceil(np.log(np.maximum(microseconds, 1)) / WIDTH).astype(np.int64)


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the duration in milliseconds below which `share` of the counted durations lie."""
    total = sum(counts.values())
    if not total:
        return None
    rank = max(1, math.ceil(share * total))
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return middle(bucket)
    return None


def middle(bucket: int) -> float:
    """Return the duration that a bucket stands for, milliseconds."""
    return round(math.exp((bucket - 0.5) * WIDTH) / 1000 if bucket else 0.001, 6)
