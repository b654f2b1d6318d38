"""Joins the units of work that a cut between two blocks went through.

A log is read in blocks of some megabytes, by several processes. Of each session a block holds

    block 1                      block 2                     block 3
    |--- done ---|-- fragment --||-- fragment --|--- done ---|…
                                 ^ the cut
    the last unit is open: more  the first steps may still belong to the unit before

- *done*: units that are whole whatever stands before and after the block; their loops are summed in the block itself.
- a *fragment*: the steps at an edge, kept as columns, until the neighbouring block tells how their unit goes on.
- an *edge*: first and last step of a session in a block, enough to tell the pause between two blocks.
- an *open unit*: fragments joined so far whose end has not come; a unit that grows too long keeps `SAMPLED` executions
  of each query and the counts of all.

Adding blocks in another order, or cutting the log elsewhere, gives the same sums: a test cuts logs everywhere.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.capture.lines.numbering import Numbering
from advisor.capture.record import NO_TIME
from advisor.workload.counting.fingerprints import MANY_KEYS
from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.counting.tally import Coded
from advisor.workload.loops.bursts import BlockBursts, BurstFinder
from advisor.workload.loops.contents import contents_of
from advisor.workload.loops.entry_numbers import EntryNumbers
from advisor.workload.loops.fragments import Fragment, Fragments
from advisor.workload.loops.looked_at import kept_places
from advisor.workload.loops.loop_parents import Preceding, preceding
from advisor.workload.loops.loops import Known, LoopFinder, Span
from advisor.workload.loops.loopsum import LoopSums, merge_loops
from advisor.workload.loops.pooled import PooledLoops
from advisor.workload.loops.repeating import repeating, sizes
from advisor.workload.loops.steps import (
    BEGIN,
    END,
    Content,
    Steps,
    joined,
    marks,
    session_order,
    step_class,
    trace_order,
    traces,
    transactions,
)
from advisor.workload.loops.units import (
    ABANDONED,
    AROUND,
    Bounds,
    Outside,
    StepColumns,
    boundaries,
    closed,
    listed,
    pauses,
    spans,
)
from advisor.workload.loops.unitsizes import SizeSums, add_size, merge_sizes
from advisor.workload.loops.vectors import Executions
from advisor.workload.observing.busy import HOLD, BusySum, add_pauses, busy, look, spread

ONE = np.zeros(1, dtype=np.int64)
"""Where the sessions begin of steps that are all of one."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The first and last step of a session in a block: the pause between two blocks may be one in a transaction."""

    start: int
    first_end: int
    first_transaction: int
    first_class: int
    end: int
    last_transaction: int
    last_class: int
    application: bytes


@dataclass(slots=True)
class BlockLoops:
    """Loops of the units that a block holds whole, and the steps at its edges."""

    loops: LoopSums = field(default_factory=dict)
    fragments: Fragments = field(default_factory=Fragments)
    edges: dict[bytes, Edge] = field(default_factory=dict)
    busy: BusySum = field(default_factory=BusySum)
    units: int = 0
    """Units that the block holds whole."""
    sizes: SizeSums = field(default_factory=dict)
    bursts: BlockBursts = field(default_factory=BlockBursts)


class BlockSteps:
    """Turns the rows of blocks into steps, units and loops."""

    def __init__(self, resolution: int = 0) -> None:
        self.resolution = resolution
        self.finder = LoopFinder(resolution)
        self.burst_finder = BurstFinder(resolution)
        self.classes: dict[EntryKey, int] = {}

    def find(self, coded: Coded) -> BlockLoops:
        """Return the loops of a block."""
        order, starts, names = session_order(coded.rows)
        if not len(order):
            return BlockLoops()
        steps = self._steps(coded, order)
        result = BlockLoops()
        result.bursts = self.burst_finder.find(coded, steps.classes, order[steps.trace != 0])
        people, ends = coded.rows.backends, [*starts.tolist()[1:], len(order)]
        result.busy = busy(steps, starts, coded.rows.backend[order], [person.application for person in people])
        applications = [people[number].application for number in coded.rows.backend[order[starts]].tolist()]
        result.edges = dict(zip(names, _edges(steps, starts.tolist(), ends, applications), strict=True))
        if steps.trace.any():
            order, starts, names = trace_order(coded.rows, order, steps.trace)
            steps = self._steps(coded, order)
            ends = [*starts.tolist()[1:], len(order)]
        bounds = boundaries(steps, self.resolution, starts)
        parts: list[NDArray[np.int64]] = []
        columns, contents = StepColumns(steps), _Contents(coded, order)
        open_spans: list[tuple[int, int]] = []
        for name, begin, end in zip(names, starts.tolist(), ends, strict=True):
            first, last = closed(bounds, begin, end)
            if first < end - begin:
                inner = slice(begin + first, begin + last)
                parts.append(spans(bounds.begins[inner], steps.marked[inner]) + begin + first)
                head, tail = steps.part(begin, begin + first), steps.part(begin + last, end)
                before = preceding(steps, begin + last, begin, contents.at)
                earlier, later = _pauses_before(steps, begin, begin + last), _pauses_after(steps, begin + first)
                result.fragments[name] = Fragment(head, tail, before, earlier, later)
                open_spans += [(begin, begin + first), (begin + last, end)]
            else:
                result.fragments[name] = Fragment(steps.part(begin, end), None)
                open_spans.append((begin, end))
        self._fill(coded, order, steps, bounds, dict(zip(open_spans, result.fragments.parts(), strict=True)))
        whole = np.concatenate(parts) if parts else np.zeros((0, 2), dtype=np.int64)
        self._whole(steps, bounds, columns, contents, whole, result)
        result.units = len(whole)
        return result

    def _whole(
        self,
        steps: Steps,
        bounds: Bounds,
        columns: StepColumns,
        contents: _Contents,
        units: NDArray[np.int64],
        result: BlockLoops,
    ) -> None:
        """Add the loops and sizes of the units that a block holds whole."""
        for begin, end in repeating(steps, units):
            unit = Span(begin, end, bounds.frame[begin:end])
            found = self.finder.unit(columns, unit, contents, lambda at: preceding(steps, at, 0, contents.get))
            merge_loops(result.loops, found)
        for sized in sizes(steps, bounds, units):
            if columns.bounded(sized.begin, sized.end):
                first = contents.get(columns.first(sized.begin, sized.end))
                add_size(result.sizes, sized, first.application, first.text)

    def _steps(self, coded: Coded, order: NDArray[np.int64]) -> Steps:
        rows = coded.rows
        if len(self.classes) >= MANY_KEYS:
            self.classes.clear()
        for key, row in zip(coded.entries, coded.representative, strict=True):
            if key not in self.classes:
                self.classes[key] = step_class(rows.text[row])
        classes = np.array([self.classes[key] for key in coded.entries], dtype=np.int8)
        end = rows.end[order]
        picked = order.tolist()
        traced = (
            traces([rows.text[row] for row in picked]) if coded.commented else np.zeros(len(picked), dtype=np.int64)
        )
        return Steps(
            coded.entries, classes, coded.entry[order], end - np.maximum(rows.duration[order], 0), end,
            transactions(rows.vxid)[order], traced, marks(coded.content[order], end),
        )  # fmt: skip

    def _fill(
        self,
        coded: Coded,
        order: NDArray[np.int64],
        steps: Steps,
        bounds: Bounds,
        parts: Mapping[tuple[int, int], Steps],
    ) -> None:
        """Give parts of the steps, by their spans, the contents of the first executions of each entry."""
        places = [kept_places(steps, bounds, begin, end) for begin, end in parts]
        found = iter(contents_of(coded, order[np.concatenate(places)])) if places else iter(())
        for (begin, _), part, held in zip(parts, parts.values(), places, strict=True):
            part.contents.update(zip((held - begin).tolist(), found, strict=False))


class _Contents:
    """What the steps of a block were, looked up when they are asked for."""

    def __init__(self, coded: Coded, picked: NDArray[np.int64]) -> None:
        self.rows, self.keys, self.picked, self.coded = coded.rows, coded.keys, picked, coded

    @cached_property
    def row(self) -> list[int]:
        """Row of each step."""
        return listed(self.picked)

    @cached_property
    def key(self) -> list[int]:
        """Number of each step's text key."""
        return listed(self.coded.key[self.picked])

    @cached_property
    def backend(self) -> list[int]:
        """Number of each step's backend."""
        return listed(self.rows.backend[self.picked])

    def of(self, places: Sequence[int]) -> Executions:
        """Return what the steps at these places, of one query, were."""
        texts, parameters, backends = self.rows.text, self.rows.parameters, self.rows.backends
        rows = [self.row[place] for place in places]
        return Executions(
            {self.keys[key] for key in {self.key[place] for place in places}},
            [texts[row] for row in rows],
            [parameters.get(row) for row in rows],
            len({backends[number].session for number in {self.backend[place] for place in places}}),
            backends[self.backend[places[0]]].application,
        )

    def at(self, place: int) -> Content:
        """Return what one step was, without a look at the others."""
        return contents_of(self.coded, self.picked[place : place + 1])[0]

    def get(self, place: int, /) -> Content:
        """Return what the step at a place was."""
        row, rows = self.row[place], self.rows
        who = rows.backends[self.backend[place]]
        return Content(
            rows.text[row], rows.parameters.get(row), who.application, self.keys[self.key[place]], who.session,
            rows.returned.get(row),
        )  # fmt: skip


def _pauses_before(steps: Steps, begin: int, place: int) -> NDArray[np.int64]:
    """Return the last pauses up to the one before a step, of the session that begins at `begin`."""
    first = np.zeros(min(place - begin, AROUND) + 1, dtype=bool)
    return pauses(steps.span(place - len(first) + 1, place + 1, {}), first)[1:]


def _pauses_after(steps: Steps, place: int) -> NDArray[np.int64]:
    """Return the first pauses from the one before a step on."""
    return pauses(
        steps.span(place - 1, place + AROUND, {}), np.zeros(len(steps.entry[place - 1 : place + AROUND]), bool)
    )[1:]


def _edges(steps: Steps, starts: list[int], ends: list[int], applications: list[bytes]) -> list[Edge]:
    kind = steps.classes[steps.entry]
    return [
        Edge(
            int(steps.start[first]), int(steps.end[first]), int(steps.transaction[first]), int(kind[first]),
            int(steps.end[stop - 1]), int(steps.transaction[stop - 1]), int(kind[stop - 1]), application,
        )
        for first, stop, application in zip(starts, ends, applications, strict=True)
    ]  # fmt: skip


class Past(NamedTuple):
    """What stood right before some steps of a session."""

    before: Preceding
    """The steps, the nearest first."""
    outside: Outside


NOTHING = Past([], Outside())
LEAST = 64
"""Steps below which it is not worth looking whether a unit is complete."""


def _last_pauses(past: Past, steps: Steps, place: int) -> NDArray[np.int64]:
    """Return the last pauses up to the one before a step, those before the first step included."""
    own = _pauses_before(steps, 0, place)
    return np.concatenate((past.outside.earlier, own))[-AROUND:]


def _followed(past: Past, later: NDArray[np.int64]) -> Past:
    """Return what stands around steps, with what comes after them."""
    return past._replace(outside=past.outside._replace(later=later))


def _thinned(steps: Steps, bounds: Bounds, begin: int, end: int) -> Steps:
    """Return a span of the steps without contents that will not be looked at."""
    wanted = kept_places(steps, bounds, begin, end).tolist()
    contents = {place - begin: steps.contents[place] for place in wanted if place in steps.contents}
    return steps.span(begin, end, contents)


class Complete(NamedTuple):
    """Steps of one session that go no further, in parts."""

    parts: Sequence[Steps]
    past: Past


class OpenUnits:
    """Keeps the steps at the edges of blocks until their units are complete. Blocks come in the order of the log."""

    def __init__(self, resolution: int = 0) -> None:
        self.resolution = resolution
        self.finder = LoopFinder()
        self.pooled = PooledLoops(self.finder.keys)
        self.numbers = EntryNumbers()
        self.waiting: dict[bytes, list[Steps]] = {}
        self.past: dict[bytes, Past] = {}
        """What stood right before what is waiting."""
        self.tried: dict[bytes, int] = {}
        """Steps that waited when it was last looked whether anything is complete."""
        self.loops: LoopSums = {}
        self.sizes: SizeSums = {}
        self.busy = BusySum()
        self.last: dict[bytes, Edge] = {}
        """The last step of each session that may be in a transaction."""
        self.hold = 0
        """The multiple of `HOLD` that was reached."""
        self.units = 0

    def add(self, block: BlockLoops, kept: Container[EntryKey]) -> None:
        """Take in the next block; `kept` are the queries of which loops are wanted."""
        merge_loops(self.loops, block.loops)
        merge_sizes(self.sizes, block.sizes)
        self.pooled.resolution = self.resolution
        self.pooled.add(block.bursts)
        self.units += block.units
        self.busy.merge(block.busy)
        self._pause(block.edges)
        complete: list[Complete] = []
        for session, fragment in block.fragments.items():
            self.waiting.setdefault(session, []).append(self.numbers.renumbered(fragment.head, kept))
            if fragment.tail is not None:
                past = self.past.get(session, NOTHING)
                complete.append(Complete(self.waiting[session], _followed(past, fragment.after)))
                self.waiting[session] = [self.numbers.renumbered(fragment.tail, kept)]
                self.past[session] = Past(fragment.before, Outside(fragment.pauses))
                self.tried.pop(session, None)
            elif len(self.waiting[session]) > 1:
                complete.extend(self._advance(session))
        self._evaluate(complete)

    def _pause(self, edges: Mapping[bytes, Edge]) -> None:
        """Count the pauses between two blocks where a transaction goes on over them."""
        pauses: list[tuple[int, int]] = []
        applications: Numbering[bytes] = Numbering()
        whose: list[int] = []
        for session, edge in edges.items():
            before = self.last.pop(session, None)
            if before is not None and before.end != NO_TIME and edge.start > before.end:
                same = before.last_transaction == edge.first_transaction != 0
                ends = edge.first_class == END != before.last_class and before.end // HOLD == edge.first_end // HOLD
                if same or before.last_class == BEGIN or ends:
                    pauses.append((before.end, edge.start))
                    whose.append(applications[edge.application])
            if edge.last_transaction or edge.last_class != END:
                self.last[session] = edge
        if pauses:
            begin, end = np.array(pauses).T
            add_pauses(self.busy, end - begin, np.array(whose, dtype=np.int32), list(applications))
            spread(self.busy.seconds, begin, end)
            look(self.busy.ticks, begin, end)

    def forget(self, before: int) -> None:
        """Finish the sessions that were silent for so long before `before` that their units cannot go on."""
        silent = [name for name, parts in self.waiting.items() if int(parts[-1].end[-1]) < before - 2 * ABANDONED]
        self._evaluate([self._taken(name) for name in silent])
        if before // HOLD > self.hold:
            self.hold = before // HOLD
            self.last = {name: edge for name, edge in self.last.items() if self._may_go_on(edge)}

    def _may_go_on(self, edge: Edge) -> bool:
        """Return whether a pause after a session's last step may still turn out to lie in a transaction."""
        return bool(edge.last_transaction) or edge.last_class == BEGIN or edge.end // HOLD >= self.hold

    def _taken(self, session: bytes) -> Complete:
        self.tried.pop(session, None)
        return Complete(self.waiting.pop(session), self.past.pop(session, NOTHING))

    def finish(self) -> LoopSums:
        """Return all loops; every unit ends here."""
        self._evaluate([self._taken(name) for name in sorted(self.waiting)])
        merge_loops(self.loops, self.pooled.finish())
        return self.loops

    def _advance(self, session: bytes) -> Iterator[Complete]:
        """Yield what has become complete in a session that is all edge; not looked at more often than it doubles."""
        parts = self.waiting[session]
        size = sum(map(len, parts))
        if size < 2 * self.tried.get(session, LEAST):
            return
        steps = self._joined(parts)
        past = self.past.get(session, NOTHING)
        bounds = boundaries(steps, self.resolution, ONE, [past.outside])
        last = int(spans(bounds.begins[: size - AROUND], steps.marked[: size - AROUND])[-1, 0])
        if last:
            yield Complete([steps.part(0, last)], _followed(past, _pauses_after(steps, last)))
            known = preceding(steps, last, 0, steps.contents.get)
            outside = Outside(_last_pauses(past, steps, last), bool(bounds.inside[last]))
            self.past[session] = Past((known + past.before)[:AROUND], outside)
        self.tried[session] = max(size - last, LEAST)
        self.waiting[session] = [_thinned(steps, bounds, last, size)]

    def _evaluate(self, complete: Sequence[Complete]) -> None:
        """Add the loops and sizes of the units of several sessions, all at once."""
        complete = [one for one in complete if any(map(len, one.parts))]
        if not complete:
            return
        steps = self._joined([part for one in complete for part in one.parts])
        lengths = [sum(map(len, one.parts)) for one in complete]
        starts = np.cumsum([0, *lengths[:-1]])
        self.finder.resolution = self.resolution
        bounds = boundaries(steps, self.resolution, starts, [one.past.outside for one in complete])
        units = spans(bounds.begins, steps.marked)
        self.units += len(units)
        columns, contents = StepColumns(steps), Known(steps.contents)

        def before(place: int) -> Preceding:
            number = int(np.searchsorted(starts, place, side="right")) - 1
            begin = int(starts[number])
            known = preceding(steps, place, begin, contents.get)
            short = AROUND - (place - begin)
            return known + complete[number].past.before[:short] if short > 0 else known

        for begin, end in repeating(steps, units):
            unit = Span(begin, end, bounds.frame[begin:end])
            merge_loops(self.loops, self.finder.unit(columns, unit, contents, before))
        for sized in sizes(steps, bounds, units):
            if columns.bounded(sized.begin, sized.end):
                first = contents.get(columns.first(sized.begin, sized.end))
                if first is not None:
                    add_size(self.sizes, sized, first.application, first.text)

    def _joined(self, parts: Sequence[Steps]) -> Steps:
        return joined(parts, self.numbers.keys, self.numbers.classes)
