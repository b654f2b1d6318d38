"""Numbers things in the order in which they turn up."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

K = TypeVar("K", bound=Hashable)


class Numbering(dict[K, int], Generic[K]):
    """Numbers what it is asked for, in the order of asking."""

    def __missing__(self, key: K) -> int:
        number = self[key] = len(self)
        return number

    def of(self, column: Iterable[K], size: int) -> NDArray[np.int32]:
        """Return the number of each of `size` things."""
        return np.fromiter(map(self.__getitem__, column), dtype=np.int32, count=size)
