"""How sure a mean is: the standard error of a query's run time, from the sketch of its durations."""

from __future__ import annotations

import math

from advisor.workload.counting.sketch import middle
from advisor.workload.model import Query

SURE = 2.0
"""Standard errors within which a mean lies, nineteen times in twenty."""
_UNKNOWN = 1.0
"""Spread of single run times, in means, where the capture does not tell: that of waiting times, which is wide."""


def standard_error(query: Query) -> float:
    """Return the standard error of the query's mean, milliseconds."""
    counted = sum(number for _, number in query.durations)
    if counted < 2:
        return query.mean_ms * _UNKNOWN / math.sqrt(max(query.calls, 1.0))
    mean = math.fsum(middle(bucket) * number for bucket, number in query.durations) / counted
    squares = math.fsum((middle(bucket) - mean) ** 2 * number for bucket, number in query.durations)
    return math.sqrt(squares / (counted - 1) / counted)
