"""Server logs of one run, in the order of time, as one workload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.capture.assembly.statements import Pending, completed
from advisor.capture.coverage import InputCoverage, Skipped
from advisor.capture.detect import Detected
from advisor.capture.files.source import Source
from advisor.capture.record import Losses, Reader
from advisor.errors import InputError
from advisor.progress import tick
from advisor.workload.counting.partial_aggregates import Partial
from advisor.workload.counting.session_states import SessionStates
from advisor.workload.engines.block import BlockReader, BlockResult, Counted, RowCounter, Spec, lost
from advisor.workload.engines.blocks import Block, file_blocks, log_blocks
from advisor.workload.engines.carry import Carry
from advisor.workload.engines.engine import BlockEngine
from advisor.workload.engines.sessions import OpenUnits
from advisor.workload.filtering.capture_filters import EVERYTHING, Filters
from advisor.workload.filtering.left_out_rows import LeftOut
from advisor.workload.loops.finish_loops import loops, unit_sizes
from advisor.workload.loops.loopsum import among
from advisor.workload.merging.finish import names, queries
from advisor.workload.model import Workload
from advisor.workload.observing.inferred import Inferred, infer
from advisor.workload.observing.observers import Observers

Progress = Callable[[str, int], None]
"""Called with an input's name and the bytes of it read so far."""


@dataclass(frozen=True, slots=True)
class Log:
    """One log to read."""

    source: Source
    detected: Detected
    reader: Reader
    begin: int
    """Time of its first record, microseconds; the order of reading."""


def log_of(source: Source, detected: Detected, prefix: str | None) -> Log:
    """Return the log that a source holds; raises `InputError` when its beginning holds no record."""
    try:
        reader = detected.reader.reader(detected.inner, prefix)
    except InputError as error:
        raise InputError(error.what, where=source.name, do=error.do) from None
    inner = detected.inner
    whole = inner[: inner.rfind(b"\n") + 1] or inner
    partial = BlockReader(reader, ()).read(whole, len(whole)).counted.partial
    return Log(source, detected, reader, partial.begin or 0)


@dataclass(slots=True)
class _Count:
    """What was read of one log."""

    size: int = 0
    lines: int = 0
    records: int = 0
    executions: int = 0
    losses: Losses = field(default_factory=Losses)
    roles: Counter[int] = field(default_factory=Counter)
    left_out: LeftOut = field(default_factory=LeftOut)

    def add(self, size: int, result: BlockResult) -> None:
        self.size += size
        self.lines += result.lines
        self.records += result.records
        self.executions += sum(entry.calls for entry in result.counted.partial.entries.values())
        self.left_out.merge(result.counted.left_out)
        self.losses.merge(result.losses)
        self.roles.update(result.roles)


class LogRun:
    """Reads logs one after the other; units of work go on from one to the next."""

    def __init__(self, engine: BlockEngine, progress: Progress | None = None, filters: Filters = EVERYTHING) -> None:
        self.engine = engine
        self.progress = progress
        self.filters = filters
        self.partial = Partial()
        self.open_units = OpenUnits()
        self.observers = Observers()
        self.carry = Carry()
        self.counter = RowCounter(filters=filters)
        self.sessions = SessionStates()
        self.resolution = 0
        self.covered: list[InputCoverage] = []

    def workload(self, logs: Sequence[Log]) -> Workload:
        """Return what the logs amount to together."""
        self.resolution = max(log.reader.resolution for log in logs)
        self.open_units.resolution = self.resolution
        self.counter = RowCounter(self.resolution, self.filters)
        ordered = sorted(logs, key=lambda log: log.begin)
        counts = [self._read(number, log) for number, log in enumerate(ordered)]
        self._complete(self.carry.rest(), counts[-1])
        inferred = self._inferred(counts)
        self.partial.trim()
        self.covered = [_coverage(log, count, inferred) for log, count in zip(ordered, counts, strict=True)]
        named = names(self.partial)
        found = loops(among(self.open_units.finish(), named), named.__getitem__, self.partial.calls)
        begin, end = (None if time is None else time / 1e6 for time in (self.partial.begin, self.partial.end))
        inputs = tuple(coverage.name for coverage in self.covered)
        self.observers.busy = self.open_units.busy
        return Workload(
            queries=queries(self.partial, inputs, self.observers.plans, inferred.weight, self.sessions.contexts),
            loops=found,
            inputs=tuple(self.covered),
            begin=begin,
            end=end,
            reuses=self.observers.reused(named),
            connections=self.observers.connected(begin, end, self.open_units.units),
            incidents=self.observers.waited(named),
            units=unit_sizes(self.open_units.sizes),
            shares=self.partial.shares.shares(inferred.weight),
        )

    def _inferred(self, counts: Sequence[_Count]) -> Inferred:
        """Return what the logging settings were."""
        histogram: Counter[int] = Counter()
        for entry in self.partial.entries.values():
            histogram.update(entry.histogram)
        known = [entry.fastest for entry in self.partial.entries.values() if entry.timed]
        roles: Counter[int] = Counter()
        for count in counts:
            roles.update(count.roles)
            histogram.update(count.left_out.durations)
            known += [count.left_out.fastest] if count.left_out.durations else []
        fastest = min(known, default=None)
        begin = None if self.partial.begin is None else self.partial.begin / 1e6
        return infer(histogram, fastest, roles, self.observers.settings, begin)

    def _read(self, number: int, log: Log) -> _Count:
        envelopes = tuple(envelope.__name__ for envelope in log.detected.envelopes)
        spec = Spec(number, log.reader, envelopes, self.resolution, filters=self.filters)
        starts = _starts(log.reader, log.detected.envelopes)
        cut = getattr(log.detected.envelopes[0], "cut", None) if log.detected.envelopes else None
        count, path = _Count(), log.source.plain()
        megabytes = path.stat().st_size / 1e6 if path is not None else None
        with log.source.open() as stream:
            blocks: Iterator[Block] = log_blocks(stream, log.source.name, starts, cut, self.engine.times)
            if self.engine.local and path is not None:
                blocks = file_blocks(path, starts, cut, self.engine.times)
            for size, result in self.engine.read(spec, blocks):
                if not count.size:
                    for orphan in result.early:
                        count.losses.add(*lost(orphan))
                count.add(size, result)
                self._take(result, count)
                tick(f"{log.source.name}: MB", count.size / 1e6, megabytes)
                if self.progress is not None:
                    self.progress(log.source.name, count.size)
        count.losses.merge(self.partial.beyond)
        self.partial.beyond = Losses()
        return count

    def _take(self, result: BlockResult, count: _Count) -> None:
        """Take in the next block, and what it completed that began before it."""
        self._complete(self.carry.take(result.assembled), count)
        self._count(result.counted)
        self.observers.take(result.incidents, result.counted.contents, self.partial.entries)

    def _complete(self, pending: Sequence[Pending], count: _Count) -> None:
        """Count statements of which all is known now; they stand before the block that told."""
        if pending:
            counted = self.counter.count(completed(pending))
            count.left_out.merge(counted.left_out)
            count.executions += len(pending) - counted.left_out.executions.total()
            self._count(counted)
            self.observers.take([], counted.contents, self.partial.entries)

    def _count(self, counted: Counted) -> None:
        if counted.partial.begin is not None:
            self.open_units.forget(counted.partial.begin)
        counted.partial.settle(self.sessions)
        self.partial.merge(counted.partial)
        self.open_units.add(counted.loops, self.partial.entries)


def _starts(reader: Reader, envelopes: Sequence[Any]) -> Callable[[bytes], bool]:
    def starts(line: bytes) -> bool:
        for envelope in envelopes:
            line = envelope.unwrap(line + b"\n")
        return reader.starts(line)

    return starts


def _coverage(log: Log, count: _Count, inferred: Inferred) -> InputCoverage:
    if not count.records:
        do = "pass the server's log_line_prefix with --log-line-prefix"
        raise InputError("nothing in it was understood", where=log.source.name, do=do)
    skipped = {reason: Skipped(number, examples) for reason, (number, examples) in count.losses.reasons.items()}
    kind = " in ".join([log.detected.reader.NAME, *(envelope.NAME for envelope in reversed(log.detected.envelopes))])
    return InputCoverage(
        log.source.name, kind, count.size, count.lines, count.records, float(count.executions),
        skipped, {**log.reader.settings, **inferred.settings}, (*inferred.hides, *sorted(count.losses.remarks)),
        count.left_out.covered(),
    )  # fmt: skip
