"""Picks contents to follow: all at first, then ever fewer of them, so that memory and time stay flat.

Which are picked depends on their hash and on what was picked before (SHARDS, FAST 2015). Who has seen a part of the
same contents only, in the same order, picks all of that part that one who has seen everything does, and some more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SEEN = 10_000
"""Executions after which only half of the contents are followed any further."""


class Sampler:
    """Remembers how many executions it has picked."""

    def __init__(self) -> None:
        self.seen = 0

    def pick(self, content: NDArray[np.unsignedinteger]) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield places of contents to follow, in order, each time with how many contents one of them stands for."""
        begin = 0
        while begin < len(content):
            modulus = 1 << (self.seen // SEEN)
            room = SEEN - self.seen % SEEN
            places = np.flatnonzero(content[begin:] % modulus == 0)[:room] + begin
            self.seen += len(places)
            yield modulus, places
            begin = int(places[-1]) + 1 if len(places) == room else len(content)
