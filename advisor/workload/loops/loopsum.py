"""Loops as mergeable sums: integers and counters, so that adding up parts in any order gives the same."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeVar

from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.loops.units import UnitKind
from advisor.workload.model import Sighting

PARENTS = 12
"""Parents kept of a loop, the most frequent."""

LOOP_TAGS = ("application", "framework", "controller", "action", "route", "job")
"""Tags that say where in the application a loop is; trace ids and the like would keep equal loops apart."""

PPM = 1_000_000


Pooled = Literal["burst", "spell", "relay"]
"""Units that go over several connections."""


class LoopKey(NamedTuple):
    """What makes two loops the same."""

    child: EntryKey
    varying: tuple[int, ...]
    constant: tuple[int, ...]
    unit: UnitKind | Pooled
    application: bytes
    tags: tuple[tuple[str, str], ...]
    outer: EntryKey | None
    paced: bool = True
    """Whether the pauses are those of one client; without a transaction the others are nobody's loop."""


Spans = dict[int, tuple[int, int, int]]
"""Session, begin and end (microseconds) of some loops, by a hash: those of the lowest ones are kept."""
SPANS = 48
"""Loops of which it is kept when they ran."""


@dataclass(slots=True)
class ParentSum:
    """How a statement stood before loops."""

    loops: int = 0
    between: int = 0
    rows: dict[int, int] = field(default_factory=dict)
    """Rows it returned, to loops."""
    limits: dict[int | None, int] = field(default_factory=dict)
    reached: int = 0
    contained: int = 0
    """Share of the loop's values in its list, parts per million, summed."""
    listed: int = 0
    """Loops before which it held a list."""

    def merge(self, other: ParentSum) -> None:
        """Add another part."""
        self.loops += other.loops
        self.between += other.between
        _add(self.rows, other.rows)
        _add(self.limits, other.limits)
        self.reached += other.reached
        self.contained += other.contained
        self.listed += other.listed


K = TypeVar("K")


def _add(into: dict[K, int], other: dict[K, int]) -> None:
    """Add counts; for a few numbers faster than `Counter`."""
    for value, count in other.items():
        into[value] = into.get(value, 0) + count


Example = tuple[tuple[str | None, ...], ...]


@dataclass(slots=True)
class LoopSum:
    """All loops of one kind."""

    loops: int = 0
    executions: int = 0
    lengths: dict[int, int] = field(default_factory=dict)
    """Executions of a loop, to loops."""
    distinct: int = 0
    """Distinct values per execution, parts per million, summed over loops."""
    monotone: int = 0
    """Loops in which the values of some slot only rose or only fell."""
    paced: int = 0
    """Loops whose pauses are those of one client."""
    one_by_one: int = 0
    """Loops whose lists held one value each time."""
    short_lists: int = 0
    """Loops whose lists held one value each time, or a few, now more, now fewer."""
    sequential: int = 0
    """Bursts of which no two executions ran at once."""
    gaps: dict[int, int] = field(default_factory=dict)
    """Median pause of each loop, microseconds, by bucket of a hundredth of a millisecond."""
    duration: int = 0
    sessions: int = 1
    example: Example = ()
    seen: Sighting | None = None
    """Where the example stands in the log."""
    parents: dict[EntryKey, ParentSum] = field(default_factory=dict)
    beside: dict[EntryKey, int] = field(default_factory=dict)
    """Statements that stood in most rounds, to loops."""
    spans: Spans = field(default_factory=dict)

    def merge(self, other: LoopSum) -> None:
        """Add another part."""
        self.loops += other.loops
        self.executions += other.executions
        _add(self.lengths, other.lengths)
        self.distinct += other.distinct
        self.monotone += other.monotone
        self.paced += other.paced
        self.one_by_one += other.one_by_one
        self.short_lists += other.short_lists
        self.sequential += other.sequential
        _add(self.gaps, other.gaps)
        self.duration += other.duration
        self.sessions = max(self.sessions, other.sessions)
        if _order(other) < _order(self):
            self.example, self.seen = other.example, other.seen
        for parent, seen in other.parents.items():
            self.parents.setdefault(parent, ParentSum()).merge(seen)
        _add(self.beside, other.beside)
        self.spans.update(other.spans)
        while len(self.spans) > SPANS:
            del self.spans[max(self.spans)]


def crowded(spans: Spans, others: Spans) -> float:
    """Return the share of loops that ran while another session ran the same: `others` are all of them."""
    found = list(others.values())
    return sum(any(_together(one, other) for other in found) for one in spans.values()) / max(len(spans), 1)


def _together(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    session, begin, end = one
    return other[0] != session and min(end, other[2]) > max(begin, other[1])


def _order(one: LoopSum) -> tuple[object, ...]:
    """Return what the example that is kept is the least of, whatever the order in which parts are added."""
    values = tuple(tuple("" if value is None else value for value in values) for values in one.example)
    seen = (one.seen.begin, one.seen.end, one.seen.session) if one.seen else ()
    return not one.example, values, not seen, seen


LoopSums = dict[LoopKey, LoopSum]


def merge_loops(into: LoopSums, other: LoopSums) -> None:
    """Add another part's loops."""
    for key, loop in other.items():
        if (mine := into.get(key)) is None:
            into[key] = loop
        else:
            mine.merge(loop)


def among(sums: LoopSums, kept: Container[EntryKey]) -> LoopSums:
    """Return the loops over queries that are kept, with such parents, companions and enclosing loops only."""
    return {
        key._replace(outer=key.outer if key.outer in kept else None): replace(
            loop,
            parents={entry: seen for entry, seen in loop.parents.items() if entry in kept},
            beside={entry: count for entry, count in loop.beside.items() if entry in kept},
        )
        for key, loop in sums.items()
        if key.child in kept
    }


LIMITED = re.compile(rb"\blimit\s+(?:\$([0-9]+)|([0-9]+))|\bfetch\s+(?:first|next)\s+(?:\$([0-9]+)|([0-9]+))", re.I)
