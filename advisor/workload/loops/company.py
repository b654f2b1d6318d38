"""What ran beside the spells of one application: several queries a round are spells at the same time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.loops.bursts import Group
from advisor.workload.loops.loopsum import LoopKey, LoopSum

ROUNDS = 0.8
"""Share of a spell's rounds in which a query must have been run to stand beside it."""


class Spell(NamedTuple):
    """One loop over several connections, and when its executions began (microseconds)."""

    key: LoopKey
    loop: LoopSum
    starts: NDArray[np.int64]
    """Rising."""

    @property
    def begin(self) -> int:
        """When the first one began."""
        return int(self.starts[0])

    @property
    def end(self) -> int:
        """When the last one began."""
        return int(self.starts[-1])


class Company:
    """Keeps the spells of each group until all are known that ran at the same time."""

    def __init__(self) -> None:
        self._known: dict[Group, list[Spell]] = defaultdict(list)
        self._settled: dict[Group, list[Spell]] = {}

    def add(self, group: Group, spell: Spell) -> None:
        """Take in a spell that is over."""
        self._known[group].append(spell)

    def settle(self, opened: Mapping[Group, int]) -> Iterator[tuple[LoopKey, LoopSum]]:
        """Yield the loops of which no company can come any more; `opened`: when each group's first open spell began."""
        for group in [*self._known]:
            first = opened.get(group)
            over = [one for one in self._known[group] if first is None or one.end < first]
            waiting = [one for one in self._known[group] if first is not None and one.end >= first]
            around = [*self._settled.get(group, ()), *over, *waiting]
            for one in over:
                if group.application:  # else what ran at the same time may be of anybody
                    one.loop.beside = _beside(one, around)
                yield one.key, one.loop
            self._known[group] = waiting
            self._keep(group, [*self._settled.get(group, ()), *over], first, waiting)

    def _keep(self, group: Group, settled: Sequence[Spell], first: int | None, waiting: Sequence[Spell]) -> None:
        """Keep of the settled spells those that ran at the same time as one that is not."""
        later = [one.begin for one in waiting] + ([] if first is None else [first])
        self._settled[group] = [one for one in settled if later and one.end >= min(later)]
        if not self._known[group] and not self._settled[group]:
            del self._known[group], self._settled[group]


def _beside(spell: Spell, others: Sequence[Spell]) -> dict[EntryKey, int]:
    """Return the queries of which a spell has one in most of its rounds."""
    found: dict[EntryKey, int] = {}
    for other in others:
        if other.key.child == spell.key.child or other.end < spell.begin or other.begin > spell.end:
            continue
        rounds = np.diff(np.searchsorted(other.starts, spell.starts)) > 0
        if np.count_nonzero(rounds) >= ROUNDS * len(rounds):
            found[other.key.child] = 1
    return found
