"""One block of a log, from bytes to what it amounts to: the function that runs on every core."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.capture.record import Losses, Reader
from advisor.capture.statements import Assembled, assemble
from advisor.workload.partial import Partial
from advisor.workload.sessions import BlockLoops, BlockSteps
from advisor.workload.tally import Tally


@dataclass(slots=True)
class BlockResult:
    """What one block of a log amounts to."""

    partial: Partial
    assembled: Assembled | None = None
    records: int = 0
    lines: int = 0
    losses: Losses = field(default_factory=Losses)
    loops: BlockLoops = field(default_factory=BlockLoops)


@dataclass(frozen=True, slots=True)
class Spec:
    """How the blocks of one input are to be read; sent to each process."""

    number: int
    reader: Reader
    envelopes: tuple[str, ...]
    """Names of the envelope modules, outermost first."""
    resolution: int = 0
    """That of the log's time stamps, microseconds."""


class BlockReader:
    """Reads blocks of one input, one after the other."""

    def __init__(self, reader: Reader, envelopes: Sequence[Any], resolution: int = 0) -> None:
        self.reader = reader
        self.envelopes = envelopes
        self.tally = Tally()
        self.steps = BlockSteps(resolution)

    @classmethod
    def of(cls, spec: Spec) -> BlockReader:
        """Return the block reader of an input."""
        return cls(spec.reader, [importlib.import_module(name) for name in spec.envelopes], spec.resolution)

    def read(self, block: bytes, owned: int) -> BlockResult:
        """Return what the first `owned` bytes of `block` amount to; the rest is context."""
        own, context = block[:owned], block[owned:]
        for envelope in self.envelopes:
            own, context = envelope.unwrap(own), envelope.unwrap(context)
        records = self.reader.read(own + context, len(own))
        assembled = assemble(records)
        partial, coded = self.tally.count(assembled.rows)
        return BlockResult(partial, None, len(records.text), records.lines, records.losses, self.steps.find(coded))
