"""Joins bursts over the cuts between blocks, and turns those of one request over several connections into loop sums.

block 1            block 2             Parts of one group and entry whose quiet does not separate them are one
… c c c ||  || c c c …                 burst; it is closed when later blocks begin after its quiet, and becomes a
    `- open part -'                    `LoopSum` only if sessions changed within it (`SWITCHED`) and values varied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.loops import bursts
from advisor.workload.loops.bursts import (
    FEWEST,
    IN_TURN,
    LEAD,
    READS,
    BlockBursts,
    Group,
    Kind,
    LastReads,
    Part,
    Read,
    sequential,
)  # fmt: skip
from advisor.workload.loops.company import Company, Spell
from advisor.workload.loops.known_keys import KnownKeys
from advisor.workload.loops.loop_parents import parent_sum
from advisor.workload.loops.loopsum import PPM, LoopKey, LoopSum, LoopSums, Pooled, merge_loops
from advisor.workload.loops.rhythm import QUARTERS, clocked
from advisor.workload.loops.value_lists import FEW, lists
from advisor.workload.loops.vectors import columns, executions, shown
from advisor.workload.model import Sighting

DENSE = 1_000_000
"""Microseconds within which the first executions of a burst must have started."""

BRIEF = 5_000
"""A median pause (microseconds) within a burst that a client's own work explains, whatever the others were."""

RHYTHM = 3.5
"""How many times longer a relay's long pauses may be than its short ones."""

IDLE = 300_000
"""The longest pause of a relay (microseconds)."""

LAPSE = 20
"""How many times longer than its median a relay's longest pause may be: longer ones part crowds."""

SWITCHED = 0.25
"""Share of a burst's executions that must be of another session than the one before: else sessions took turns."""


@dataclass(slots=True)
class _Open:
    """A burst that may go on."""

    parts: list[Part]
    before: list[Read]
    begin: int
    last: int
    steady: bool


class PooledLoops:
    """Takes the bursts of blocks in the order of the log."""

    def __init__(self, keys: KnownKeys) -> None:
        self.keys = keys
        self.resolution = 0
        """Of the log's time stamps, microseconds."""
        self.open: dict[tuple[Group, EntryKey, Kind], _Open] = {}
        self.recent: list[LastReads] = []
        """Of the latest blocks, until there are enough."""
        self.loops: LoopSums = {}
        self.company = Company()

    def add(self, block: BlockBursts) -> None:
        """Take in the next block."""
        for part in block.parts:
            key = part.group, part.entry, part.kind
            found = self.open.get(key)
            if found is not None and abs(int(part.end[0]) - found.last) <= part.kind.quiet:
                _extend(found, part)
                continue
            if found is not None:
                self._close(key)
            self.open[key] = _Open([part], self._before(part), int(part.start.min()), int(part.end[-1]), part.steady)
        if block.reads.count:
            self.recent.append(block.reads)
            while sum(reads.count for reads in self.recent[1:]) >= READS:
                del self.recent[0]
        if self.recent:
            now = self.recent[-1].end
            for key in [key for key, found in self.open.items() if now - found.last > 2 * key[2].quiet]:
                self._close(key)
        self._settle()

    @property
    def coarse(self) -> bool:
        """Return whether stamps do not tell what started at one moment."""
        return self.resolution >= bursts.FINE

    @property
    def rounded(self) -> int:
        """Return by how much a stamp may lie before the true moment, microseconds."""
        return max(bursts.ROUNDED, self.resolution)

    def finish(self) -> LoopSums:
        """Return all pooled loops; nothing goes on any more."""
        for key in list(self.open):
            self._close(key)
        self._settle()
        return self.loops

    def _settle(self) -> None:
        """Add the spells whose company is known."""
        opened: dict[Group, int] = {}
        for (group, _, kind), found in self.open.items():
            if kind.name == "spell" and not found.steady:
                first = found.begin - bursts.SLOW  # one that ran long may have begun before the first that ended
                opened[group] = min(opened.get(group, first), first)
        for settled in self.company.settle(opened):
            merge_loops(self.loops, dict([settled]))

    def _before(self, part: Part) -> list[Read]:
        """Return the reads before a part, those of earlier blocks included."""
        found = {read.entry for read in part.before}
        reads = list(part.before)
        start = int(part.start[0])
        earlier = [read for block in self.recent for read in block.rows][-READS:] if part.short > 0 else []
        for read in earlier[-part.short :][::-1]:
            near = read.group == part.group and start - LEAD <= read.end <= start + self.rounded
            if near and read.entry not in found and read.entry != part.entry:
                found.add(read.entry)
                reads.append(read)
        return reads

    def _close(self, key: tuple[Group, EntryKey, Kind]) -> None:
        found = self.open.pop(key)
        if found.steady or (made := self._loop(found)) is None:
            return
        group, _, kind = key
        if kind.name == "spell":
            self.company.add(group, Spell(*made, np.sort(np.concatenate([part.start for part in found.parts]))))
        else:
            merge_loops(self.loops, dict([made]))

    def _loop(self, found: _Open) -> tuple[LoopKey, LoopSum] | None:
        """Return a burst as a loop, `None` when it is too short or too slow, sessions took turns, or nothing varies."""
        first = found.parts[0]
        start = np.concatenate([part.start for part in found.parts])
        session = np.concatenate([part.session for part in found.parts])
        if len(start) < FEWEST or np.count_nonzero(np.diff(session)) < SWITCHED * len(start):
            return None
        end = np.concatenate([part.end for part in found.parts])
        if (unit := _unit(first.kind, start, end, self.rounded)) is None:
            return None
        picked = sorted((one for part in found.parts for one in part.shown), key=lambda one: (one[0], one[1].text))
        contents = [content for _, content in picked[: bursts.SHOWN]]
        of = executions(contents)
        values = columns(of, self.keys.slot_map)
        varying = tuple(sorted(slot for slot, column in (values or {}).items() if len(set(column)) > 1))
        if values is None or not varying:
            return None
        constant = tuple(sorted(slot for slot in values if slot not in varying))
        key = LoopKey(first.entry, varying, constant, unit, first.group.application, (), None)
        distinct = len(np.unique(np.concatenate([part.content for part in found.parts])))
        examples = sorted(zip(*(map(shown, values[slot]) for slot in varying), strict=True), key=repr)
        key_values = set(values[varying[0]]) if len(varying) == 1 else set()
        shortest, longest = lists(of)
        made = LoopSum(
            loops=1,
            paced=int(not self.coarse and (unit == "relay" or _paced(start, end))),
            sequential=int(not self.coarse and sequential(start, end) >= IN_TURN),
            one_by_one=int(longest == 1),
            short_lists=int(longest == 1 or shortest < longest <= FEW),
            executions=len(start),
            lengths={len(start): 1},
            distinct=distinct * PPM // len(start),
            duration=int((end - start).sum()),
            sessions=len(np.unique(session)),
            example=(examples[0], examples[-1]),
            seen=Sighting(contents[0].session.decode("utf-8", "replace"), int(start.min()) / 1e6, int(end.max()) / 1e6),
            parents={
                read.entry: parent_sum(read.content, 0, len(start), key_values, self.keys) for read in found.before
            },
        )
        return key, made


def _paced(start: NDArray[np.int64], end: NDArray[np.int64]) -> bool:
    """Return whether there was no pause between executions, or all pauses were alike.

    A loop keeps its connections at work; visitors come at moments of their own.
    """
    order = np.argsort(start, kind="stable")
    pauses = np.maximum(start[order][1:] - np.maximum.accumulate(end[order])[:-1], 0)
    low, middle, high, least = np.percentile(pauses, (25, 50, 75, 10), method="lower").tolist()
    return bool(middle <= BRIEF or 3 * least >= middle or high <= QUARTERS * low)


def _unit(kind: Kind, start: NDArray[np.int64], end: NDArray[np.int64], rounded: int) -> Pooled | None:
    """Return what executions are: a relay has one client's rhythm, a burst and a spell begin at once; else `None`."""
    if end.max() - start.min() > kind.longest:
        return None
    order = np.argsort(start, kind="stable")
    if kind.name == "spell":
        pauses = np.maximum(start[order][1:] - np.maximum.accumulate(end[order])[:-1], 0)
        low, middle, high, longest = np.percentile(pauses, (10, 50, 90, 100), method="lower").tolist()
        alike = bool(high <= RHYTHM * max(low, bursts.ROUNDED)) and bursts.QUIET < longest <= min(IDLE, LAPSE * middle)
        periods = np.sort(np.diff(start[order])).tolist()
        if alike and sequential(start, end) == 1.0 and not clocked(periods):
            return "relay"
    return kind.name if start[order][FEWEST - 1] - start.min() <= DENSE + rounded else None


def _extend(found: _Open, part: Part) -> None:
    """Let a burst go on; one that becomes too long is steady traffic, of which nothing need be kept."""
    found.last = int(part.end[-1])
    size = sum(len(one.end) for one in found.parts) + len(part.end)
    found.steady = found.steady or part.steady or size > bursts.MOST or found.last - found.begin > part.kind.longest
    if found.steady:
        found.parts, found.before = [], []
    else:
        found.parts.append(part)
