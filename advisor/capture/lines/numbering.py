"""Numbers things in the order in which they turn up."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

K = TypeVar("K", bound=Hashable)


def firsts(numbers: NDArray[np.int32]) -> list[int]:
    """Return the place where each number turns up first, of numbers given in the order in which things turn up."""
    return np.flatnonzero(np.diff(np.maximum.accumulate(numbers), prepend=-1)).tolist()


def counts_of(codes: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct codes below `size` in rising order, and how often each turns up.

    What `np.unique` returns, without its sort where there are few codes to be.
    """
    if size > 4 * len(codes) + 1000:
        return np.unique(codes, return_counts=True)
    every = np.bincount(codes, minlength=size)
    distinct = np.flatnonzero(every)
    return distinct, every[distinct]


def stable_order(codes: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Return the places of codes below `size` in rising order, equal ones as they stand; short codes sort by radix."""
    short = size <= np.iinfo(np.int16).max
    return np.argsort(codes.astype(np.int16) if short else codes, kind="stable")


class Numbering(dict[K, int], Generic[K]):
    """Numbers what it is asked for, in the order of asking."""

    def __missing__(self, key: K) -> int:
        number = self[key] = len(self)
        return number

    def of(self, column: Iterable[K], size: int) -> NDArray[np.int32]:
        """Return the number of each of `size` things."""
        return np.fromiter(map(self.__getitem__, column), dtype=np.int32, count=size)
