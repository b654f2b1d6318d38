"""One block of a log, from bytes to what it amounts to: the function that runs on every core."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from advisor.capture.assembly.lengths import bounded_records
from advisor.capture.assembly.side_messages import Incident, incidents
from advisor.capture.assembly.statements import Assembled, Rows, assemble, completed
from advisor.capture.limits import Limits, enforce, limits
from advisor.capture.nul import blanked, noted, without_nul
from advisor.capture.record import RUN, Losses, Orphan, Reader, Records
from advisor.workload.counting.partial_aggregates import EntryKey, Partial
from advisor.workload.counting.sampling import Sampler
from advisor.workload.counting.tally import Coded, Tally
from advisor.workload.counting.textkey import text_keys
from advisor.workload.engines.blocks import CONTEXT
from advisor.workload.engines.sessions import BlockLoops, BlockSteps
from advisor.workload.filtering.capture_filters import EVERYTHING, Filters
from advisor.workload.filtering.filter_rows import RowFilter
from advisor.workload.filtering.left_out_rows import LeftOut
from advisor.workload.observing.observers import Contents, Known


@dataclass(slots=True)
class Counted:
    """What rows amount to."""

    partial: Partial
    loops: BlockLoops
    contents: Contents
    left_out: LeftOut = field(default_factory=LeftOut)
    """By filters."""


@dataclass(slots=True)
class BlockResult:
    """What one block of a log amounts to."""

    counted: Counted
    assembled: Assembled
    """What the block leaves open; its rows are taken out."""
    incidents: Known = field(default_factory=list)
    records: int = 0
    lines: int = 0
    losses: Losses = field(default_factory=Losses)
    early: list[Orphan] = field(default_factory=list)
    """Secondary lines without their message where the block before looked as well: lost only if there is none."""
    roles: Counter[int] = field(default_factory=Counter)
    """Rows by role: what protocol the log shows."""


def lost(orphan: Orphan) -> tuple[str, bytes]:
    """Return why a line counts as lost, and the line."""
    return f"{orphan.word.decode()} line without its message", orphan.text


class RowCounter:
    """Counts rows that filters leave: queries, loops, contents."""

    def __init__(self, resolution: int = 0, filters: Filters = EVERYTHING) -> None:
        self.filter = RowFilter(filters) if filters.by_execution else None
        self.tally = Tally()
        self.steps = BlockSteps(resolution)
        self.sampler = Sampler()

    def count(self, rows: Rows) -> Counted:
        """Return what rows amount to."""
        if self.filter is None:
            return self._counted(rows)
        sifted = self.filter.sift(rows)
        counted = self._counted(sifted.rows)
        counted.partial.begin, counted.partial.end = sifted.begin, sifted.end
        counted.left_out = sifted.left_out
        return counted

    def _counted(self, rows: Rows) -> Counted:
        partial, coded = self.tally.count(rows)
        return Counted(partial, self.steps.find(coded), self._contents(coded))

    def _contents(self, coded: Coded) -> Contents:
        """Return what may be followed of the executions: whoever sees all blocks picks fewer."""
        runs = np.flatnonzero(coded.rows.role == RUN)
        picked = [runs[places] for _, places in self.sampler.pick(coded.content[runs])]
        rows = np.concatenate(picked) if picked else runs
        return Contents(coded.entries, coded.entry[rows], coded.rows.end[rows], coded.content[rows].astype(np.uint32))

    def entry_of(self, text: str, database: bytes) -> EntryKey:
        """Return the entry that a text belongs to."""
        raw = text.encode()
        return self.tally.fingerprints.of(text_keys([raw])[0], raw).id, database


@dataclass(frozen=True, slots=True)
class Spec:
    """How the blocks of one input are to be read; sent to each process."""

    number: int
    reader: Reader
    envelopes: tuple[str, ...]
    """Names of the envelope modules, outermost first."""
    resolution: int = 0
    """That of the log's time stamps, microseconds."""
    limits: Limits = field(default_factory=limits)
    """Those of the process that reads with others."""
    filters: Filters = EVERYTHING


class BlockReader:
    """Reads blocks of one input, one after the other."""

    def __init__(
        self, reader: Reader, envelopes: Sequence[Any], resolution: int = 0, filters: Filters = EVERYTHING
    ) -> None:
        self.reader = reader
        self.envelopes = envelopes
        self.counter = RowCounter(resolution, filters)

    @classmethod
    def of(cls, spec: Spec) -> BlockReader:
        """Return the block reader of an input, whose limits become those of this process."""
        enforce(spec.limits)
        envelopes = [importlib.import_module(name) for name in spec.envelopes]
        return cls(spec.reader, envelopes, spec.resolution, spec.filters)

    def read(self, block: bytes, owned: int) -> BlockResult:
        """Return what the first `owned` bytes of `block` amount to; the rest is context."""
        if self.envelopes:
            own, context = block[:owned], block[owned:]
            for envelope in self.envelopes:
                own, context = envelope.unwrap(own), envelope.unwrap(context)
            block, owned = own + context, len(own)
        escaped = rb"\u0000" in block
        records = self.reader.read(blanked(block), owned)
        noted(block, owned, records.losses)
        if escaped:
            records = without_nul(records)
        records = bounded_records(records)
        beside = list(incidents(records))
        if self.counter.filter is not None:
            beside = self.counter.filter.incidents(beside, records.backends)
        found = self._known(beside, records)
        assembled = assemble(records)
        rows = assembled.rows
        counted = self.counter.count(rows)
        seen = block.count(b"\n", 0, CONTEXT)
        early: list[Orphan] = []
        for orphan in records.orphans:
            if orphan.lines is not None and orphan.lines <= seen:
                early.append(orphan)
            else:
                records.losses.add(*lost(orphan))
        roles = Counter(dict(enumerate(np.bincount(rows.role, minlength=4).tolist())))
        assembled.rows = completed([])
        return BlockResult(counted, assembled, found, len(records.text), records.lines, records.losses, early, roles)

    def _known(self, found: list[Incident], records: Records) -> Known:
        """Return incidents with the entry of the statement they name."""
        if not found:
            return []
        databases = {backend.session.decode("utf-8", "replace"): backend.database for backend in records.backends}
        known: Known = []
        for incident in found:
            text = getattr(incident, "text", None)
            database = databases.get(incident.session, b"") if text else b""
            known.append((incident, self.counter.entry_of(text, database) if text else None))
        return known
