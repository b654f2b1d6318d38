"""Loops as mergeable sums: integers and counters, so that adding up parts in any order gives the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from advisor.workload.partial import EntryKey
from advisor.workload.units import UnitKind

PARENTS = 12
"""Parents kept of a loop, the most frequent."""

LOOP_TAGS = ("application", "framework", "controller", "action", "route", "job")
"""Tags that say where in the application a loop is; trace ids and the like would keep equal loops apart."""

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class LoopKey:
    """What makes two loops the same."""

    child: EntryKey
    varying: tuple[int, ...]
    constant: tuple[int, ...]
    unit: UnitKind | Literal["burst"]
    application: bytes
    tags: tuple[tuple[str, str], ...]
    outer: EntryKey | None


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
    """Loops whose varying lists held one value each time."""
    gaps: dict[int, int] = field(default_factory=dict)
    """Median pause of each loop, microseconds, by bucket of a hundredth of a millisecond."""
    duration: int = 0
    sessions: int = 1
    example: Example = ()
    parents: dict[EntryKey, ParentSum] = field(default_factory=dict)

    def merge(self, other: LoopSum) -> None:
        """Add another part."""
        self.loops += other.loops
        self.executions += other.executions
        _add(self.lengths, other.lengths)
        self.distinct += other.distinct
        self.monotone += other.monotone
        self.paced += other.paced
        self.one_by_one += other.one_by_one
        _add(self.gaps, other.gaps)
        self.duration += other.duration
        self.sessions = max(self.sessions, other.sessions)
        if not self.example or (other.example and _order(other.example) < _order(self.example)):
            self.example = other.example
        for parent, seen in other.parents.items():
            self.parents.setdefault(parent, ParentSum()).merge(seen)


def _order(example: Example) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple("" if value is None else value for value in values) for values in example)


LoopSums = dict[LoopKey, LoopSum]


def merge_loops(into: LoopSums, other: LoopSums) -> None:
    """Add another part's loops."""
    for key, loop in other.items():
        if (mine := into.get(key)) is None:
            into[key] = loop
        else:
            mine.merge(loop)


LIMITED = re.compile(rb"\blimit\s+(?:\$([0-9]+)|([0-9]+))|\bfetch\s+(?:first|next)\s+(?:\$([0-9]+)|([0-9]+))", re.I)
