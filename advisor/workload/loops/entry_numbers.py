"""Numbers that queries have over all blocks of a run, for the steps of units that go on from one block to the next."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
from numpy.typing import NDArray

from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.loops.steps import Steps

LEFT_OUT: EntryKey = ("", b"")
"""Stands for every query that is not kept: a log of nothing but new ones must not fill the memory."""


class EntryNumbers:
    """Numbers queries as they come. Keys and classes only grow, so that all steps may share them."""

    def __init__(self) -> None:
        self.keys: list[EntryKey] = []
        self._numbers: dict[tuple[EntryKey, int], int] = {}
        self._classes = np.zeros(1024, dtype=np.int8)

    @property
    def classes(self) -> NDArray[np.int8]:
        """The class of each numbered query."""
        return self._classes[: len(self.keys)]

    def renumbered(self, steps: Steps, kept: Container[EntryKey]) -> Steps:
        """Return a block's steps under the run's numbers; queries that are not kept are one, without contents."""
        used, places = np.unique(steps.entry, return_inverse=True)
        numbers = [self._number(steps.entries[one], int(steps.classes[one]), kept) for one in used.tolist()]
        steps.entry = np.array(numbers, dtype=np.int32)[places]
        if LEFT_OUT in (self.keys[number] for number in numbers):
            numbered = steps.entry.tolist()
            steps.contents = {
                place: one for place, one in steps.contents.items() if self.keys[numbered[place]] != LEFT_OUT
            }
        return steps

    def _number(self, key: EntryKey, kind: int, kept: Container[EntryKey]) -> int:
        key = key if key in kept else LEFT_OUT
        number = self._numbers.setdefault((key, kind), len(self.keys))
        if number == len(self.keys):
            if number == len(self._classes):
                self._classes = np.concatenate((self._classes, np.zeros(number, dtype=np.int8)))
            self._classes[number] = kind
            self.keys.append(key)
        return number
