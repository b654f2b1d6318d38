"""What a column of one table will hold: its different values in the server's order, and how many rows have each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.verify.rows.ticks import Family, Ticks

Codes = NDArray[np.int64]
"""For each row the place of its value in the pool, -1 for NULL."""
Counts = NDArray[np.int64]
NULL = "\\N"
_SPECIAL = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class Texts:
    """Values as text, ready for COPY."""

    written: NDArray[np.object_]
    """The values, and NULL as the last, which code -1 means."""

    def __len__(self) -> int:
        return len(self.written) - 1

    def take(self, codes: Codes) -> list[str]:
        """Return what COPY is sent for these codes."""
        found: list[str] = self.written[codes].tolist()
        return found


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values as ticks, written only when they are sent: ten million texts would take a gigabyte."""

    ticks: Ticks
    family: Family

    def __len__(self) -> int:
        return len(self.ticks)

    def take(self, codes: Codes) -> list[str]:
        """Return what COPY is sent for these codes."""
        if not len(self.ticks):
            return [NULL] * len(codes)
        found = self.family.render(self.ticks[codes])
        for place in np.flatnonzero(codes < 0).tolist():
            found[place] = NULL
        return found


Values = Texts | Numbers


@dataclass(frozen=True, slots=True)
class Pool:
    """A column's values and how often each comes."""

    values: Values
    counts: Counts
    """Rows of each value."""
    nulls: int

    @property
    def ordered(self) -> Codes:
        """Return the codes of all rows but the NULLs, in the server's order of values."""
        return np.repeat(np.arange(len(self.counts), dtype=np.int64), self.counts)


def texts(values: Iterable[str]) -> Texts:
    """Return values as COPY takes them."""
    written = [one.translate(_SPECIAL) if _is_special(one) else one for one in values]
    found: NDArray[Any] = np.empty(len(written) + 1, dtype=object)
    found[:-1], found[-1] = written, NULL
    return Texts(found)


def _is_special(text: str) -> bool:
    return "\\" in text or "\n" in text or "\t" in text or "\r" in text


def unescaped(written: str) -> str:
    """Return the value that COPY makes of what it is sent."""
    if "\\" not in written:
        return written
    return (
        written.replace("\\\\", "\0").replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("\0", "\\")
    )


def balanced(pool: Pool, rows: int) -> Pool:
    """Return the pool with as many rows as there are: what is too much goes from the end, what is missing is NULL."""
    total = int(pool.counts.sum())
    if total + pool.nulls == rows:
        return pool
    nulls = min(pool.nulls, rows)
    kept = np.minimum(np.cumsum(pool.counts), rows - nulls)
    counts = np.diff(kept, prepend=0)
    return Pool(pool.values, counts, rows - int(counts.sum()))


def split(total: int, parts: int) -> Counts:
    """Return `total` in `parts` whole parts that differ by one at most, the larger ones spread evenly."""
    if parts <= 0:
        return np.zeros(0, dtype=np.int64)
    edges = np.arange(parts + 1, dtype=np.int64) * total // parts
    return np.diff(edges)


def rounded(shares: Sequence[float], total: int) -> Counts:
    """Return shares of `total` as whole numbers."""
    return np.rint(np.asarray(shares, dtype=np.float64) * total).astype(np.int64)


def concatenated(parts: Sequence[tuple[Values, Codes]]) -> tuple[Values, Codes]:
    """Return values and codes of several tables as one; values that two of them have stand there twice."""
    offsets = np.cumsum([0, *(len(values) for values, _ in parts)])
    codes = np.concatenate(
        [np.where(one < 0, -1, one + start) for (_, one), start in zip(parts, offsets, strict=False)]
    )
    numbers = [values for values, _ in parts if isinstance(values, Numbers)]
    if len(numbers) == len(parts):
        return Numbers(np.concatenate([one.ticks for one in numbers]), numbers[0].family), codes
    every = (written for values, _ in parts for written in values.take(np.arange(len(values), dtype=np.int64)))
    return texts(map(unescaped, every)), codes


def places_in(values: Values, others: Values) -> Codes:
    """Return for each of the other values its code among `values`, -1 for one that is not there."""
    if isinstance(values, Numbers) and isinstance(others, Numbers):
        near = np.minimum(np.searchsorted(values.ticks, others.ticks), max(len(values) - 1, 0))
        return np.where(values.ticks[near] == others.ticks, near, -1)
    own, written = (one.take(np.arange(len(one), dtype=np.int64)) for one in (values, others))
    code_of = {value: code for code, value in enumerate(own)}
    return np.array([code_of.get(one, -1) for one in written], dtype=np.int64)
