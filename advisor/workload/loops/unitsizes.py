"""How many statements units of work run: for requests that talk too much without any one statement to blame.

Only units that a transaction or a trace bounds are counted: what else a session runs may be many requests.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.capture.assembly.tags import tags_of
from advisor.workload.loops.loopsum import LOOP_TAGS

FEWEST = 10
"""Statements from which on a unit is counted."""

OFFENDER = 5
"""A statement that makes up a fifth of a unit is to blame for its length, and reported as a loop if it is one."""

REPEATED = 5
"""Executions from which on a statement may be to blame."""


class Place(NamedTuple):
    """Where in the application a unit belongs."""

    application: bytes
    tags: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class SizeSum:
    """The units of one place, as counters that add up."""

    statements: Counter[int] = field(default_factory=Counter)
    """Statements in a unit, to units."""
    others: Counter[int] = field(default_factory=Counter)
    """The same, each statement that is to blame counted once."""


SizeSums = dict[Place, SizeSum]


class Sized(NamedTuple):
    """One unit: its span of steps, its statements, and those left when each that is to blame runs once."""

    begin: int
    end: int
    statements: int
    others: int


def sized(units: NDArray[np.int64], number: NDArray[np.int64], counts: NDArray[np.int64]) -> list[Sized]:
    """Return the units of some size; `counts` are the executions of each query within the unit of that `number`."""
    size = np.bincount(number, counts, len(units)).astype(np.int64)
    to_blame = (counts >= REPEATED) & (counts * OFFENDER >= size[number])
    spared = np.bincount(number[to_blame], counts[to_blame] - 1, len(units)).astype(np.int64)
    return [
        Sized(int(units[place, 0]), int(units[place, 1]), int(size[place]), int(size[place] - spared[place]))
        for place in np.flatnonzero(size >= FEWEST).tolist()
    ]


def add_size(sums: SizeSums, unit: Sized, application: bytes, text: bytes) -> None:
    """Count one unit; `text` is that of its first statement."""
    tags = tags_of(text)
    place = Place(application, tuple((name, tags[name]) for name in LOOP_TAGS if name in tags))
    found = sums.setdefault(place, SizeSum())
    found.statements[unit.statements] += 1
    found.others[unit.others] += 1


def merge_sizes(into: SizeSums, other: SizeSums) -> None:
    """Add another part's units."""
    for place, found in other.items():
        mine = into.setdefault(place, SizeSum())
        mine.statements.update(found.statements)
        mine.others.update(found.others)
