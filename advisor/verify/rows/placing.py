"""Which row gets which value: columns in physical order as far as their correlation says, NULLs anywhere."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from advisor.verify.rows.value_pool import Codes, Counts, Pool

Rows = NDArray[np.int64]
"""Numbers of rows, from 0."""
_EXACT = 0.9995
"""Correlation from which on values lie in order."""


def placed(pool: Pool, correlation: float | None, random: np.random.Generator) -> Codes:
    """Return the code of each row, so that values and rows correlate as ANALYZE would measure it."""
    ordered = pool.ordered
    codes = np.full(len(ordered) + pool.nulls, -1, dtype=np.int64)
    codes[places(pool, correlation, random)] = ordered
    return codes


def places(pool: Pool, correlation: float | None, random: np.random.Generator) -> Rows:
    """Return for the k-th value in order the row that gets it; the rows that are not among them are NULL."""
    total = int(pool.counts.sum()) + pool.nulls
    rows: Rows = np.arange(total, dtype=np.int64)
    if pool.nulls:
        rows = np.sort(random.choice(total, total - pool.nulls, replace=False))
    return rows[_permutation(len(rows), _net(correlation or 0.0, pool.counts), random)]


def _permutation(count: int, correlation: float, random: np.random.Generator) -> Rows:
    """Return a permutation whose rank correlation with the identity is about `correlation` (a Gaussian copula)."""
    if correlation >= _EXACT:
        return np.arange(count, dtype=np.int64)
    if correlation <= -_EXACT:
        return np.arange(count, dtype=np.int64)[::-1]
    if abs(correlation) < 0.005:
        return random.permutation(count)
    linear = 2 * math.sin(math.pi * correlation / 6)
    position = np.sort(random.standard_normal(count))
    noise = random.standard_normal(count)
    return np.argsort(linear * position + math.sqrt(1 - linear * linear) * noise, kind="stable")


def _net(correlation: float, counts: Counts) -> float:
    """Return the correlation between different values: rows of the same value count as in order (`analyze.c`)."""
    total = int(counts.sum())
    if not total:
        return 0.0
    ties = float(np.square(counts / total).sum())
    if ties > 0.999:
        return 0.0
    return (
        float(np.clip((correlation - ties) / (1 - ties), -1.0, 1.0))
        if correlation >= 0
        else max(-1.0, correlation - ties)
    )
