"""Bursts: one query started many times within a moment, over several connections; what one block of a log holds of it.

A spell is a slow burst: pauses may be longer. A relay is a spell of one client, one execution after the other.

    connection 1   P   c     c     c
    connection 2     c   c     c                      c      c
    connection 3       c   c     c
                   |QUIET| <- burst -> |QUIET|        two visitors: no burst
                   ^ parent: a read of the same application within LEAD before it

A burst is cut off by quiet before and after it, so that where it begins and ends depends on neighbouring executions
only. What stands near the edges of a block may go on beyond it (a `Part` that is open to the left or right) and is
joined by `advisor.workload.loops.pooled`.
"""

from __future__ import annotations

import pickle
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.capture.lines.numbering import Numbering, stable_order
from advisor.capture.record import NO_TIME, RUN
from advisor.workload.counting.fingerprints import MANY_KEYS
from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.counting.tally import Coded
from advisor.workload.loops.contents import contents_of
from advisor.workload.loops.steps import COMMENT, STATEMENT, Content, pack, unpack

QUIET = 50_000
"""Microseconds without the query that end a burst, and begin one."""

LONGEST = 10_000_000
"""Microseconds a burst may last; what goes on longer is steady traffic."""

SPELL_QUIET, SPELL_LONGEST = 500_000, 60_000_000
"""The same of a spell: a client may wait for new connections, or work slowly."""

MOST = 2_000
"""Executions a burst may have; more are steady traffic."""

FEWEST = 10
"""Executions that make a burst."""

SLOW = 200_000
"""Executions that took longer (microseconds) are no look-ups, and are passed over."""

LEAD = 2_000_000
"""Microseconds before a burst within which the statement that it follows must have ended: its connections may have had
to be opened first."""

ROUNDED = 1_000
"""Microseconds by which a time stamp in milliseconds may lie before the true moment."""

IN_TURN = 0.95
"""Share of the executions of one client that may not have begun before the one before had ended."""

READS = 256
"""Reads before a burst among which that statement is sought."""

SHOWN = 16
"""Executions of a burst whose values are looked at."""

READ = re.compile(rb"(?:select|with|execute)\b", re.I)


class Group(NamedTuple):
    """Whose connections a burst may be spread over."""

    database: bytes
    user: bytes
    application: bytes


class Kind(NamedTuple):
    """What ends a burst, microseconds."""

    name: Literal["burst", "spell"]
    quiet: int
    longest: int


BURST, SPELL = Kind("burst", QUIET, LONGEST), Kind("spell", SPELL_QUIET, SPELL_LONGEST)


FINE = 10_000
"""Time stamps coarser than this (microseconds) do not tell what started at one moment."""


def kinds(resolution: int) -> tuple[Kind, ...]:
    """Return what is told apart in a log whose time stamps have this resolution, microseconds."""
    return (BURST, SPELL) if resolution < FINE else (SPELL._replace(quiet=2 * resolution),)


class Read(NamedTuple):
    """One read before a burst."""

    group: Group
    entry: EntryKey
    end: int
    content: Content


read_of_row = partial(tuple.__new__, Read)


@dataclass(slots=True)
class Part:
    """A burst, or the part of one that a block holds, in the order of the log."""

    group: Group
    entry: EntryKey
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    content: NDArray[np.uint64]
    """Hash of each execution's text and values."""
    session: NDArray[np.uint32]
    """Hash of each execution's session."""
    shown: list[tuple[int, Content]]
    """Those of lowest hash, with it: which they are does not depend on the order of the log."""
    before: list[Read]
    """Reads that ended shortly before the first execution began, the latest of each query."""
    short: int = 0
    """Reads of the block before that must be looked at as well."""
    steady: bool = False
    """Whether it is longer than a burst can be: columns hold only its first and last execution then."""
    kind: Kind = BURST


class LastReads:
    """The last reads of a block. Those that came from another process become rows when somebody asks for them."""

    __slots__ = ("_packed", "_rows", "count", "end")

    def __init__(self, rows: list[Read]) -> None:
        self._rows = rows
        self._packed: bytes | None = None
        self.count = len(rows)
        self.end = rows[-1].end if rows else 0
        """When the last one ended; 0 when there is none."""

    @property
    def rows(self) -> list[Read]:
        """Return them, in the order of the log."""
        if self._packed is not None:
            groups, entries, ends, contents = pickle.loads(self._packed)
            found = unpack(contents)
            self._rows = [Read(*row, found[place]) for place, row in enumerate(zip(groups, entries, ends, strict=True))]
            self._packed = None
        return self._rows

    def __reduce__(self) -> tuple[Callable[..., LastReads], tuple[object, ...]]:
        if not self.count:
            return LastReads, ([],)
        groups, entries, ends, contents = zip(*self.rows, strict=True)
        columns = groups, entries, ends, pack(dict(enumerate(contents)))
        return _last_reads, (pickle.dumps(columns, pickle.HIGHEST_PROTOCOL), self.count, self.end)


def _last_reads(packed: bytes, count: int, end: int) -> LastReads:
    found = LastReads([])
    found._packed, found.count, found.end = packed, count, end
    return found


@dataclass(slots=True)
class BlockBursts:
    """The bursts of a block, and its last reads."""

    parts: list[Part] = field(default_factory=list)
    """In the order in which they began."""
    reads: LastReads = field(default_factory=lambda: LastReads([]))


def sequential(start: NDArray[np.int64], end: NDArray[np.int64]) -> float:
    """Return the share of executions that began after the one before had ended, as far as milliseconds tell."""
    if len(end) < 2:
        return 1.0
    order = np.argsort(end, kind="stable")
    return float(np.mean(start[order][1:] - end[order][:-1] >= -ROUNDED))


def is_read(text: bytes) -> bool:
    """Return whether a statement returns rows and writes none, judged by how it begins."""
    place = 0
    while (match := COMMENT.match(text, place)) and match.end() > place:
        place = match.end()
    return bool(READ.match(text, place))


class BurstFinder:
    """Finds bursts in blocks; remembers which entries are reads."""

    def __init__(self, resolution: int = 0) -> None:
        self.kinds = kinds(resolution)
        self.rounded = max(ROUNDED, resolution)
        self.reads: dict[EntryKey, bool] = {}

    def find(self, coded: Coded, classes: NDArray[np.int8], traced: NDArray[np.int64]) -> BlockBursts:
        """Return the bursts of a block.

        `classes` is the class of each entry, `traced` holds the rows that carry a trace id: those loops are known.
        """
        rows = coded.rows
        if len(self.reads) >= MANY_KEYS:
            self.reads.clear()
        for key, row in zip(coded.entries, coded.representative, strict=True):
            if key not in self.reads:
                self.reads[key] = is_read(rows.text[row])
        reads = np.array([self.reads[key] for key in coded.entries], dtype=bool)
        wanted = (rows.role == RUN) & (rows.end != NO_TIME) & (rows.duration >= 0)
        wanted &= (rows.duration <= SLOW) & (classes == STATEMENT)[coded.entry]
        wanted[traced] = False
        picked = np.flatnonzero(wanted)
        return _Block(coded, picked, reads, self).bursts() if len(picked) else BlockBursts()


class _Block:
    """The statements of one block, in the order of the log; `reads` tells which entries are reads."""

    def __init__(self, coded: Coded, picked: NDArray[np.int64], reads: NDArray[np.bool_], finder: BurstFinder) -> None:
        self.coded, self.picked, self.finder = coded, picked, finder
        rows = coded.rows
        groups: Numbering[Group] = Numbering()
        sessions: Numbering[bytes] = Numbering()
        group = [groups[Group(who.database, who.user, who.application)] for who in rows.backends]
        session = [sessions[who.session] for who in rows.backends]
        self.groups: Sequence[Group] = list(groups)
        self.names = np.array([zlib.crc32(name) for name in sessions], dtype=np.uint32)
        backend = rows.backend[picked]
        self.group = np.array(group, dtype=np.int64)[backend]
        self.session = np.array(session, dtype=np.int64)[backend]
        self.entry = coded.entry[picked]
        self.end = rows.end[picked]
        self.start = self.end - rows.duration[picked]
        self.reads = np.flatnonzero(reads[self.entry])

    def bursts(self) -> BlockBursts:
        """Return what the block holds."""
        code = self.entry.astype(np.int64) * len(self.groups) + self.group
        order = stable_order(code, len(self.coded.entries) * len(self.groups))
        spans = [(kind, *span) for kind in self.finder.kinds for span in self._spans(kind, code, order)]
        last = self.reads[-READS:]
        last = last[self.end[last] >= self.end.max() - SLOW - LEAD - 2 * self.finder.kinds[-1].quiet]
        reads = LastReads(self._reads(last.tolist()))
        return BlockBursts([self._part(kind, order[begin:end]) for kind, begin, end in spans], reads)

    def _spans(self, kind: Kind, code: NDArray[np.int64], order: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Return where bursts begin and end in an order, those in the order of the log that are long or at an edge."""
        end, session = self.end[order], self.session[order]
        begins = np.ones(len(order), dtype=bool)
        pause = np.abs(np.diff(end))
        begins[1:] = (np.diff(code[order]) != 0) | (pause > kind.quiet)
        first = np.flatnonzero(begins)
        stop = np.append(first[1:], len(order))
        near = 2 * kind.quiet
        edge = (end[first] <= self.end.min() + near) | (end[stop - 1] >= self.end.max() - near)
        several = np.minimum.reduceat(session, first) != np.maximum.reduceat(session, first)
        whole = several & (stop - first >= FEWEST) & (end[stop - 1] - end[first] <= kind.longest)
        kept = np.flatnonzero(edge | whole)
        kept = kept[np.argsort(order[first[kept]], kind="stable")]
        return list(zip(first[kept].tolist(), stop[kept].tolist(), strict=True))

    def _part(self, kind: Kind, places: NDArray[np.int64]) -> Part:
        """Return executions of one query, given by their places, as a part."""
        first = int(places[0])
        group, entry = self.groups[int(self.group[first])], self.coded.entries[int(self.entry[first])]
        long = len(places) > MOST or self.end[places[-1]] - self.end[first] > kind.longest
        if long:
            ends, none = places[[0, -1]], np.zeros(0, dtype=np.uint64)
            columns = self.start[ends], self.end[ends], none, none.astype(np.uint32)
            return Part(group, entry, *columns, [], [], steady=True, kind=kind)
        content = self.coded.content[self.picked[places]]
        lowest = np.argsort(content, kind="stable")[:SHOWN].tolist()
        shown = list(zip(content[lowest].tolist(), contents_of(self.coded, self.picked[places[lowest]]), strict=True))
        number = int(np.searchsorted(self.reads, first))
        window = self.reads[max(0, number - READS) : number]
        return Part(
            group, entry, self.start[places], self.end[places], content, self.names[self.session[places]], shown,
            self._before(window, first), READS - len(window), kind=kind,
        )  # fmt: skip

    def _before(self, window: NDArray[np.int64], first: int) -> list[Read]:
        """Return what of these reads ended shortly before the execution at `first` began, the latest of each query."""
        start = self.start[first]
        near = (self.group[window] == self.group[first]) & (self.entry[window] != self.entry[first])
        near &= (self.end[window] <= start + self.finder.rounded) & (self.end[window] >= start - LEAD)
        places = window[near][::-1]
        latest = dict(zip(self.entry[places][::-1].tolist(), places[::-1].tolist(), strict=True))
        return self._reads(sorted(latest.values(), reverse=True))

    def _reads(self, places: list[int]) -> list[Read]:
        if not places:
            return []
        groups = [self.groups[number] for number in self.group[places].tolist()]
        entries = [self.coded.entries[number] for number in self.entry[places].tolist()]
        found = contents_of(self.coded, self.picked[places])
        return list(map(read_of_row, zip(groups, entries, self.end[places].tolist(), found, strict=True)))
