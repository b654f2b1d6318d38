"""Finds loops in units of work: one query run again and again with varying values, and what ran before it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import compress, pairwise
from statistics import median_low
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from advisor.capture.numbering import counts_of
from advisor.capture.parameters import split_parameters
from advisor.capture.record import NO_TIME
from advisor.capture.tags import tags_of
from advisor.workload.loopsum import LIMITED, LOOP_TAGS, PPM, LoopKey, LoopSum, LoopSums, ParentSum, merge_loops
from advisor.workload.partial import EntryKey
from advisor.workload.slots import SlotMap, slot_map
from advisor.workload.steps import SAMPLED, STATEMENT, Content, Steps
from advisor.workload.units import StepColumns, UnitKind
from advisor.workload.unitsizes import Sized, sized
from advisor.workload.vectors import Column, Executions, columns, executions, numbers, shown

SHORTEST = 3
"""Executions that make a loop."""

WINDOW = 20
"""Statements before a loop among which its parent is sought."""

WINDOW_TIME = 2_000_000
"""Microseconds before a loop within which its parent is sought."""

ORDERED = 0.9
"""Share of the steps from one value to the next that go one way when values are in order."""

SHORT = 4_000
"""A median pause (microseconds) of which a log in milliseconds does not tell whether the pauses are alike."""

LISTED = re.compile(rb"\bin\s*\(|\bany\s*\(", re.I)

LIMITING = re.compile(rb"\blimit\b|\bfetch\b", re.I)

MANY_MAPS = 20_000


class Contents(Protocol):
    """What the steps of a unit were."""

    def get(self, place: int, /) -> Content | None:
        """Return what the step at a place was, `None` when it is not known."""

    def of(self, places: Sequence[int]) -> Executions | None:
        """Return what the steps at these places, of one query, were; `None` when any is not known."""


class Known(dict[int, Content]):
    """Contents that were looked up before."""

    def of(self, places: Sequence[int]) -> Executions | None:
        """Return what the steps at these places, of one query, were; `None` when any is not known."""
        found = [self[place] for place in places if place in self]
        return executions(found) if len(found) == len(places) else None


class LoopFinder:
    """Finds loops in spans of steps; remembers the slots of text keys."""

    def __init__(self) -> None:
        self.maps: dict[bytes, SlotMap | None] = {}
        self.known: dict[bytes, tuple[bool, bool]] = {}

    def traits(self, key: bytes) -> tuple[bool, bool]:
        """Return whether a text key's texts may hold a LIMIT and a list of values."""
        if key not in self.known:
            if len(self.known) > MANY_MAPS:
                self.known.clear()
            self.known[key] = bool(LIMITING.search(key)), bool(LISTED.search(key))
        return self.known[key]

    def slot_map(self, key: bytes, text: bytes) -> SlotMap | None:
        """Return the slots of a text key's texts."""
        if key not in self.maps:
            if len(self.maps) > MANY_MAPS:
                self.maps.clear()
            self.maps[key] = slot_map(text)
        return self.maps[key]

    def unit(
        self, columns: StepColumns, begin: int, end: int, contents: Contents, before: Callable[[int], Before | None]
    ) -> LoopSums:
        """Return the loops of one unit, given as a span of steps.

        `before` returns the statement that the session ran right before the unit that begins at a place.
        """
        unit = _Unit(columns, begin, end, contents, self)
        if unit.kind == "transaction":
            unit.before = before(begin)
        found: LoopSums = {}
        for entry, places in unit.repeated():
            for run, outer in unit.runs(entry, places):
                if (made := unit.loop(entry, run, outer)) is not None:
                    merge_loops(found, dict([made]))
        return found


class Before(NamedTuple):
    """A statement that stands right before a unit of work: a list may be read before the transaction begins."""

    entry: EntryKey
    end: int
    content: Content | None


def preceding(steps: Steps, begin: int, content_of: Callable[[int], Content | None]) -> Before | None:
    """Return the step before a unit if it is a statement."""
    entry = int(steps.entry[begin - 1])
    if steps.classes[entry] != STATEMENT:
        return None
    return Before(steps.entries[entry], int(steps.end[begin - 1]), content_of(begin - 1))


def counted(steps: Steps, units: NDArray[np.int64]) -> tuple[list[list[int]], list[Sized]]:
    """Return the units in which any statement was run often enough to be a loop, and those of some size.

    Units are given as rows of their first step and the step after their last.
    """
    if not len(units):
        return [], []
    begins, ends = units[:, 0], units[:, 1]
    inside = np.bincount(begins, minlength=len(steps) + 1) - np.bincount(ends, minlength=len(steps) + 1)
    place = np.flatnonzero((np.cumsum(inside)[:-1] > 0) & (steps.classes[steps.entry] == STATEMENT))
    unit = np.searchsorted(begins, place, side="right") - 1
    size = max(len(steps.entries), 1)
    distinct, counts = counts_of(unit.astype(np.int64) * size + steps.entry[place], size * len(units))
    wanted = np.unique(distinct[counts >= SHORTEST] // size)
    return units[wanted].tolist(), sized(units, distinct // size, counts)


class _Unit:
    """One unit of work, its statements only."""

    def __init__(self, columns: StepColumns, begin: int, end: int, contents: Contents, finder: LoopFinder) -> None:
        self.kind = columns.kind(begin, end)
        self.finder = finder
        self.entries = columns.entries
        kinds = columns.kinds[begin:end]
        self.place: Sequence[int] = range(begin, end)
        self.entry = columns.entry[begin:end]
        self.start = columns.start[begin:end]
        self.end = columns.end[begin:end]
        self.transaction = columns.transaction[begin:end]
        self.previous_end = [NO_TIME, *self.end[:-1]]
        if any(kind != STATEMENT for kind in set(kinds)):
            chosen = [kind == STATEMENT for kind in kinds]
            self.place = list(compress(self.place, chosen))
            self.entry = list(compress(self.entry, chosen))
            self.start = list(compress(self.start, chosen))
            self.end = list(compress(self.end, chosen))
            self.transaction = list(compress(self.transaction, chosen))
            self.previous_end = list(compress(self.previous_end, chosen))
        self.contents = contents
        self.before: Before | None = None
        self.places = _places(self.entry)
        self.steps = columns.steps

    def content(self, number: int) -> Content | None:
        """Return what an execution was, `None` when the query ran too often in the unit to look at it."""
        alike = self.places[self.entry[number]]
        if len(alike) > SAMPLED and number > alike[SAMPLED - 1]:
            return None
        return self.contents.get(self.place[number])

    def repeated(self) -> list[tuple[int, Sequence[int]]]:
        """Return the entries run often enough, with their places in the unit."""
        return [(entry, places) for entry, places in self.places.items() if len(places) >= SHORTEST]

    def runs(self, entry: int, places: Sequence[int]) -> list[tuple[Sequence[int], int | None]]:
        """Return the loops that an entry's executions fall into, each with the entry of what encloses it.

        A statement that stands between them, but at most half as often as they do, begins a new loop each time.
        """
        inside = Counter(self.entry[places[0] + 1 : places[-1]])
        dividing = {other for other, count in inside.items() if other != entry and 2 * count <= len(places)}
        if not dividing:
            return [(places, None)]
        runs: list[list[int]] = [[places[0]]]
        outer: Counter[int] = Counter()
        for before, place in pairwise(places):
            crossed = dividing.intersection(self.entry[before + 1 : place])
            if crossed:
                outer.update(crossed)
                runs.append([])
            runs[-1].append(place)
        enclosing = min(outer, key=lambda other: (-outer[other], self.entries[other])) if len(runs) > SHORTEST else None
        if enclosing is not None and outer[enclosing] < SHORTEST - 1:
            enclosing = None
        return [(run, enclosing) for run in runs if len(run) >= SHORTEST]

    def loop(self, entry: int, run: Sequence[int], outer: int | None) -> tuple[LoopKey, LoopSum] | None:
        """Return one loop with its key; nothing when its values cannot be compared."""
        alike = self.places[entry]
        known = run if len(alike) <= SAMPLED else run[: bisect_right(run, alike[SAMPLED - 1])]
        of = self.contents.of([self.place[number] for number in known]) if len(known) >= SHORTEST else None
        values = columns(of, self.finder.slot_map) if of is not None else None
        if of is None or values is None:
            return None
        varying = tuple(sorted(slot for slot, column in values.items() if len(set(column)) > 1))
        constant = tuple(sorted(slot for slot in values if slot not in varying))
        tuples = list(zip(*(values[slot] for slot in varying), strict=True)) if varying else []
        tags = tags_of(of.texts[0])
        key = LoopKey(
            self.entries[entry], varying, constant, self._kind(run), of.application,
            tuple((name, tags[name]) for name in LOOP_TAGS if name in tags),
            self.entries[outer] if outer is not None else None,
        )  # fmt: skip
        pauses = self._pauses(known)
        example = tuple(tuple(map(shown, tuples[place])) for place in (0, -1)) if tuples else ()
        made = LoopSum(
            loops=1,
            executions=len(run),
            lengths={len(run): 1},
            distinct=len(set(tuples)) * PPM // len(known),
            monotone=int(any(_monotone(values[slot]) for slot in varying)),
            paced=int(_paced(pauses)),
            one_by_one=int(one_by_one([values[slot] for slot in varying], of, self.finder)),
            gaps={max(0, median_low(pauses)) // 10: 1} if pauses else {},
            duration=self._duration(run),
            sessions=of.sessions,
            example=example,
            parents=self._parents(entry, run, values[varying[0]] if len(varying) == 1 else ()),
        )
        return key, made

    def _kind(self, run: Sequence[int]) -> UnitKind:
        """Return what bounds a loop: not a transaction, when its own say that its executions ran in several."""
        if self.kind == "transaction" and len({self.transaction[place] for place in run}) > 1:
            return "session"
        return self.kind

    def _duration(self, run: Sequence[int]) -> int:
        """Return how long the executions of a loop took together."""
        if len(run) <= SAMPLED:
            return sum([self.end[place] - self.start[place] for place in run])
        places = np.array(self.place)[np.array(run)]
        return int((self.steps.end[places] - self.steps.start[places]).sum())

    def _pauses(self, run: Sequence[int]) -> list[int]:
        """Return the pauses before the executions of a loop, rising: the client's turnaround."""
        before = self.previous_end
        return sorted([self.start[place] - before[place] for place in run[1:] if before[place] != NO_TIME])

    def _parents(self, entry: int, run: Sequence[int], column: Column) -> dict[tuple[str, bytes], ParentSum]:
        """Return what ran before a loop and not within it, the nearest execution of each statement."""
        first = run[0]
        within = set(self.entry[first : run[-1]])
        found: dict[tuple[str, bytes], ParentSum] = {}
        values = set(column)
        for place in range(first - 1, max(-1, first - 1 - WINDOW), -1):
            other = self.entry[place]
            name = self.entries[other]
            if other in within or name in found:
                continue
            if self.end[place] != NO_TIME and self.start[first] - self.end[place] > WINDOW_TIME:
                break
            found[name] = parent_sum(self.content(place), first - place - 1, len(run), values, self.finder)
        before = self.before
        if before is not None and first < WINDOW and before.entry not in found:
            recent = before.end == NO_TIME or self.start[first] - before.end <= WINDOW_TIME
            if recent and all(self.entries[other] != before.entry for other in within):
                found[before.entry] = parent_sum(before.content, first, len(run), values, self.finder)
        return found


def _places(entry: list[int]) -> Mapping[int, Sequence[int]]:
    """Return the places of each entry, in the order in which entries turn up."""
    if len(set(entry)) == 1:
        return {entry[0]: range(len(entry))}
    found: dict[int, list[int]] = {}
    for number, one in enumerate(entry):
        found.setdefault(one, []).append(number)
    return found


def parent_sum(content: Content | None, between: int, length: int, values: set[bytes], finder: LoopFinder) -> ParentSum:
    """Return how one execution stands before a loop of `length` rounds; `values` are those of its only varying slot."""
    limited, listed = finder.traits(content.key) if content is not None else (False, False)
    limit = _limit(content) if content is not None and limited else None
    made = ParentSum(1, between, limits={limit: 1}, reached=int(limit == length))
    if content is not None and content.rows is not None:
        made.rows[content.rows] = 1
    held = _listed(content, finder) if content is not None and listed and values else None
    if held is not None:
        made.listed = 1
        made.contained = len({shown(value) for value in values} & held) * PPM // len(values)
    return made


def one_by_one(varying: Sequence[Column], of: Executions, finder: LoopFinder) -> bool:
    """Return whether a query with a list of values, and nothing else that varies, was given one value each time."""
    if len(varying) != 1 or not finder.traits(next(iter(of.keys)))[1]:
        return False
    return all(b"," not in token for token in varying[0])


def _paced(pauses: list[int]) -> bool:
    """Return whether rising pauses are those of one client: short, or alike. Visitors come at moments of their own."""
    middle = len(pauses) // 2
    return not pauses or pauses[middle] <= SHORT or 3 * pauses[len(pauses) // 10] >= pauses[middle]


def _monotone(column: Column) -> bool:
    """Return whether whole numbers rise or fall from one to the next nearly always: two loops may be one unit."""
    known = numbers(column)
    if known is None:
        return False
    rises = falls = 0
    for before, after in pairwise(known):
        rises += after > before
        falls += after < before
    return 2 * (rises + falls) >= len(known) - 1 and max(rises, falls) >= ORDERED * (rises + falls)


def _limit(content: Content) -> int | None:
    """Return the LIMIT of an execution, bound or written."""
    match = LIMITED.search(content.text)
    if match is None:
        return None
    if written := match[2] or match[4]:
        return int(written)
    number = int(match[1] or match[3])
    bound = split_parameters(content.parameters) if content.parameters is not None else None
    value = bound[number - 1] if bound is not None and number <= len(bound) else None
    return int(value) if value is not None and value.isdigit() else None


def _listed(content: Content, finder: LoopFinder) -> set[str | None] | None:
    """Return the values of a statement's list of literals or array parameter, `None` when it has none."""
    found = columns(executions([content]), finder.slot_map)
    if found is None:
        return None
    held: set[str | None] = set()
    for column in found.values():
        token = column[0]
        if token.startswith(b"'{") and token.endswith(b"}'"):
            held.update(item.strip('"') for item in token[2:-2].decode("utf-8", "replace").split(","))
        elif b"," in token and not token.startswith(b"'{"):
            held.update(shown(item) for item in token.split(b","))
    return held or None
