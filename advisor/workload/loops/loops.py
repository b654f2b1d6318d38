"""Finds loops in units of work: one query run again and again with varying values, and what ran before it."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import compress, pairwise
from statistics import median_low
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from advisor.capture.assembly.tags import tags_of
from advisor.capture.record import NO_TIME
from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.loops.known_keys import KnownKeys
from advisor.workload.loops.looked_at import SHORTEST, sampled_rank
from advisor.workload.loops.loop_parents import WINDOW, WINDOW_TIME, Before, Preceding, parent_sum
from advisor.workload.loops.loopsum import LOOP_TAGS, PPM, LoopKey, LoopSum, LoopSums, ParentSum, Spans, merge_loops
from advisor.workload.loops.rhythm import clocked, is_monotone, is_paced
from advisor.workload.loops.steps import SAMPLED, STATEMENT, Content, Steps
from advisor.workload.loops.units import StepColumns, UnitKind, listed
from advisor.workload.loops.value_lists import FEW, lists
from advisor.workload.loops.vectors import Column, Executions, columns, executions, shown
from advisor.workload.model import Sighting

COARSE = 1_000_000
"""Time stamps of so many microseconds do not tell how long pauses were."""

LARGE = 512
"""Steps of a unit from which on arrays are faster than lists."""

DIVIDED = 0.7
"""Share of a statement's executions that must be in loops when others divide them, else they do not."""

BESIDE = 0.8
"""Share of a loop's rounds in which a statement must stand to be part of the round."""


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
    """Finds loops in spans of steps; remembers what is known of text keys."""

    def __init__(self, resolution: int = 0) -> None:
        self.resolution = resolution
        self.keys = KnownKeys()

    def unit(
        self, columns: StepColumns, span: Span, contents: Contents, before: Callable[[int], Preceding]
    ) -> LoopSums:
        """Return the loops of one unit.

        `before` returns the steps that the session ran right before the unit that begins at a place.
        """
        unit = _Unit(columns, span, contents, self)
        unit.before = [one for one in before(span.begin) if one is not None]
        found: LoopSums = {}
        for entry, run, kind in unit.repeated():
            for part, outer in unit.runs(entry, run):
                if (made := unit.loop(entry, part, kind, outer)) is not None:
                    merge_loops(found, dict([made]))
        return found


class Span(NamedTuple):
    """The steps of one unit."""

    begin: int
    end: int
    frame: NDArray[np.int64]
    """Number of each step's frame."""


class _Unit:
    """One unit of work, its statements only."""

    def __init__(self, columns: StepColumns, span: Span, contents: Contents, finder: LoopFinder) -> None:
        begin, end, frame = span
        self.traced = columns.traced(begin)
        self.finder = finder
        self.entries = columns.entries
        kinds = columns.kinds[begin:end]
        self.place: Sequence[int] = range(begin, end)
        self.entry = columns.entry[begin:end]
        self.start = columns.start[begin:end]
        self.end = columns.end[begin:end]
        self.frame = listed(frame)
        self.idle = _idle(columns.steps, begin, end, kinds)
        if any(kind != STATEMENT for kind in set(kinds)):
            chosen = [kind == STATEMENT for kind in kinds]
            self.place = list(compress(self.place, chosen))
            self.entry = list(compress(self.entry, chosen))
            self.start = list(compress(self.start, chosen))
            self.end = list(compress(self.end, chosen))
            self.frame = list(compress(self.frame, chosen))
            self.idle = list(compress(self.idle, chosen))
        self.contents = contents
        self.before: list[Before] = []
        self.made: dict[tuple[int, UnitKind, EntryKey | None], tuple[LoopKey, LoopSum]] = {}
        """The latest loop of each kind whose values were looked at."""
        self.places = _places(self.entry)
        self.steps = columns.steps

    @cached_property
    def rank(self) -> list[int] | None:
        """Rank of each execution among those of which some are looked at; `None` where all are."""
        if len(self.entry) <= SAMPLED or all(len(places) <= SAMPLED for places in self.places.values()):
            return None
        return listed(sampled_rank(np.array(self.entry), np.array(self.frame)))

    def content(self, number: int) -> Content | None:
        """Return what an execution was, `None` when the query ran too often in the unit to look at it."""
        if self.rank is not None and self.rank[number] >= SAMPLED:
            return None
        return self.contents.get(self.place[number])

    def repeated(self) -> list[tuple[int, Sequence[int], UnitKind]]:
        """Return the entries run often enough, with their places: in one frame, or else in all other frames."""
        found: list[tuple[int, Sequence[int], UnitKind]] = []
        whole: UnitKind = "trace" if self.traced else "transaction"
        for entry, places in self.places.items():
            if len(places) < SHORTEST:
                continue
            if self.frame[places[0]] == self.frame[places[-1]]:
                found.append((entry, places, whole))
                continue
            rest: list[int] = []
            for run in self._frames(places):
                if len(run) >= SHORTEST:
                    found.append((entry, run, whole))
                else:
                    rest += run
            if len(rest) >= SHORTEST:
                found.append((entry, rest, "session"))
        return found

    def _frames(self, places: Sequence[int]) -> Iterator[list[int]]:
        """Yield the places of each frame: frames are numbered as they come."""
        frames = np.array([self.frame[place] for place in places])
        first = [0, *(np.flatnonzero(np.diff(frames)) + 1).tolist(), len(places)]
        listed_places = list(places)
        return (listed_places[begin:end] for begin, end in pairwise(first))

    def runs(self, entry: int, places: Sequence[int]) -> list[tuple[Sequence[int], EntryKey | None]]:
        """Return the loops that an entry's executions fall into, each with the entry of what encloses it.

        A statement begins a new loop each time when it stands before the first of them and between them, at most half
        as often as they do, and leaves most of them in loops.
        """
        inside = Counter(self.entry[places[0] + 1 : places[-1]])
        dividing = {other for other, count in inside.items() if other != entry and 2 * count <= len(places)}
        dividing &= set(self.entry[: places[0]])
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
        long = [run for run in runs if len(run) >= SHORTEST]
        if sum(map(len, long)) < DIVIDED * len(places):
            return [(places, None)]
        enclosing = self._enclosing(outer) if len(runs) > SHORTEST else None
        return [(run, enclosing) for run in long]

    def _enclosing(self, outer: Counter[int]) -> EntryKey | None:
        """Return the statement that began most of several loops, `None` when none began them often."""
        best = min(outer, key=lambda other: (-outer[other], self.entries[other]))
        if outer[best] < SHORTEST - 1:
            return None
        return self.entries[best]

    def loop(
        self, entry: int, run: Sequence[int], kind: UnitKind, outer: EntryKey | None
    ) -> tuple[LoopKey, LoopSum] | None:
        """Return one loop with its key; nothing when its values cannot be compared."""
        rank = self.rank
        known = run if rank is None else [place for place in run if rank[place] < SAMPLED]
        if len(known) < SHORTEST:
            return self._alike(entry, run, kind, outer)
        of = self.contents.of([self.place[number] for number in known])
        values = columns(of, self.finder.keys.slot_map) if of is not None else None
        if of is None or values is None:
            return None
        varying = tuple(sorted(slot for slot, column in values.items() if len(set(column)) > 1))
        constant = tuple(sorted(slot for slot in values if slot not in varying))
        tuples = list(zip(*(values[slot] for slot in varying), strict=True)) if varying else []
        tags = tags_of(of.texts[0])
        pauses = self._pauses(known)
        paced = is_paced(pauses) and not clocked(self._periods(known))
        key = LoopKey(
            self.entries[entry], varying, constant, kind, of.application,
            tuple((name, tags[name]) for name in LOOP_TAGS if name in tags), outer, paced or kind != "session",
        )  # fmt: skip
        example = tuple(tuple(map(shown, tuples[place])) for place in (0, -1)) if tuples else ()
        shortest, longest = lists(of)
        made = LoopSum(
            loops=1,
            executions=len(run),
            lengths={len(run): 1},
            distinct=len(set(tuples)) * PPM // len(known),
            monotone=int(any(is_monotone(values[slot]) for slot in varying)),
            paced=int(paced),
            one_by_one=int(longest == 1),
            short_lists=int(longest == 1 or shortest < longest <= FEW),
            gaps=self._gap(run, pauses),
            duration=self._duration(run),
            sessions=of.sessions,
            example=example,
            seen=self._sighting(run),
            parents=self._parents(run, values[varying[0]] if len(varying) == 1 else ()),
            beside=self._beside(entry, run),
            spans=self._span(run) if kind == "session" else {},
        )
        self.made[entry, kind, outer] = key, made
        return key, made

    def _alike(
        self, entry: int, run: Sequence[int], kind: UnitKind, outer: EntryKey | None
    ) -> tuple[LoopKey, LoopSum] | None:
        """Return a loop whose values are not looked at: those of the loop before it in its unit stand for them."""
        if (known := self.made.get((entry, kind, outer))) is None:
            return None
        key, made = known
        pauses = self._pauses(run)
        paced = is_paced(pauses) and not clocked(self._periods(run))
        return key._replace(paced=paced or kind != "session"), replace(
            made,
            executions=len(run),
            lengths={len(run): 1},
            paced=int(paced),
            gaps=self._gap(run, pauses),
            duration=self._duration(run),
            parents=self._parents(run, ()),
            beside=self._beside(entry, run),
            spans=self._span(run) if kind == "session" else {},
        )

    def _beside(self, entry: int, run: Sequence[int]) -> dict[EntryKey, int]:
        """Return the statements that stand in most rounds of a loop."""
        if len(self.places) == 1:
            return {}
        if len(run) > SAMPLED:
            return {self.entries[other]: 1 for other in self._often(entry, run)}
        rounds: Counter[int] = Counter()
        for before, place in pairwise(run):
            rounds.update(set(self.entry[before + 1 : place]))
        often = [other for other, count in rounds.items() if other != entry and count >= BESIDE * (len(run) - 1)]
        return {self.entries[other]: 1 for other in often}

    def _often(self, entry: int, run: Sequence[int]) -> list[int]:
        """Return the entries that stand in most rounds of a long run."""
        bounds = np.array(run)
        found = []
        for other, places in self.places.items():
            if other != entry and len(places) >= BESIDE * (len(run) - 1):
                rounds = np.diff(np.searchsorted(np.array(places), bounds)) > 0
                found += [other] if np.count_nonzero(rounds) >= BESIDE * (len(run) - 1) else []
        return found

    def _sighting(self, run: Sequence[int]) -> Sighting:
        """Return where a loop stands in the log."""
        content = self.content(run[0])
        session = content.session.decode("utf-8", "replace") if content is not None else ""
        return Sighting(session, int(self.start[run[0]]) / 1_000_000, int(self.end[run[-1]]) / 1_000_000)

    def _span(self, run: Sequence[int]) -> Spans:
        """Return when and in which session a loop ran."""
        begin, end = self.start[run[0]], self.end[run[-1]]
        content = self.content(run[0])
        session = zlib.crc32(content.session if content is not None else b"")
        return {zlib.crc32(b"%d %d" % (session, begin)): (session, begin, end)}

    def _duration(self, run: Sequence[int]) -> int:
        """Return how long the executions of a loop took together."""
        if len(run) <= SAMPLED:
            return sum([self.end[place] - self.start[place] for place in run])
        places = np.array(self.place)[np.array(run)]
        return int((self.steps.end[places] - self.steps.start[places]).sum())

    def _pauses(self, run: Sequence[int]) -> list[int]:
        """Return the longest pause before each execution since the one before it, rising: the client's turnaround."""
        return sorted([max(self.idle[before + 1 : place + 1]) for before, place in pairwise(run)])

    def _gap(self, run: Sequence[int], pauses: list[int]) -> dict[int, int]:
        """Return the median pause; of stamps in whole seconds, the longest that the mean may have been."""
        gap = median_low(pauses) if pauses else 0
        if self.finder.resolution >= COARSE:
            gap = (self.end[run[-1]] - self.start[run[0]] + self.finder.resolution) // len(run)
        return {max(0, gap) // 10: 1}

    def _periods(self, run: Sequence[int]) -> list[int]:
        """Return the time from the beginning of each execution to that of the next, rising."""
        return sorted([self.start[place] - self.start[before] for before, place in pairwise(run)])

    def _parents(self, run: Sequence[int], column: Column) -> dict[tuple[str, bytes], ParentSum]:
        """Return what ran before a loop and not within it, the nearest execution of each statement."""
        first = run[0]
        within = set(self.entry[first : run[-1]])
        found: dict[tuple[str, bytes], ParentSum] = {}
        values = set(column)
        for place in range(first - 1, max(-1, first - 1 - WINDOW), -1):
            name = self.entries[self.entry[place]]
            if self.entry[place] in within or name in found:
                continue
            if self.end[place] != NO_TIME and self.start[first] - self.end[place] > WINDOW_TIME:
                break
            found[name] = parent_sum(self.content(place), first - place - 1, len(run), values, self.finder.keys)
        names = {self.entries[other] for other in within}
        for number, before in enumerate(self.before[: max(0, WINDOW - first)]):
            if before.entry in found or before.entry in names:
                continue
            if before.end != NO_TIME and self.start[first] - before.end > WINDOW_TIME:
                break
            found[before.entry] = parent_sum(before.content, first + number, len(run), values, self.finder.keys)
        return found


def _idle(steps: Steps, begin: int, end: int, kinds: list[int]) -> list[int]:
    """Return the longest pause before each statement since the statement before it, whatever else stands between.

    Of other steps what is returned means nothing.
    """
    found = np.zeros(end - begin, dtype=np.int64)
    before = steps.end[begin : end - 1]
    np.maximum(steps.start[begin + 1 : end] - before, 0, out=found[1:])
    found[1:][before == NO_TIME] = 0
    if any(kinds):
        statements = np.flatnonzero(np.array(kinds) == STATEMENT)
        first = np.concatenate(([0], statements[:-1] + 1))
        found[statements] = np.maximum.reduceat(found[: statements[-1] + 1], first)
    return listed(found)


def _places(entry: list[int]) -> Mapping[int, Sequence[int]]:
    """Return the places of each entry, in the order in which entries turn up."""
    if len(set(entry)) == 1:
        return {entry[0]: range(len(entry))}
    if len(entry) > LARGE:
        column = np.array(entry)
        order = np.argsort(column, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(column[order])) + 1)
        return {entry[part[0]]: listed(part) for part in sorted(parts, key=lambda part: int(part[0]))}
    found: dict[int, list[int]] = {}
    for number, one in enumerate(entry):
        found.setdefault(one, []).append(number)
    return found
