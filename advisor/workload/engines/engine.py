"""Runs the block function: in this process for a small input, on all cores for a large one; the result is the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Protocol

from advisor.workload.engines.block import BlockReader, BlockResult, Spec
from advisor.workload.engines.blocks import Block, bytes_of
from advisor.workload.engines.workers import Workers

LARGE = 2
"""Usual block sizes in a block for processes of our own: fewer results travel, and no collector is in the way."""

ALONE = 3
"""Blocks read in this process before it is worth starting others."""


class BlockEngine(Protocol):
    """What reads blocks, here or elsewhere."""

    local: bool
    """Whether it can read this machine's files."""
    times: int
    """Usual block sizes in a block."""

    def read(self, spec: Spec, blocks: Iterable[Block]) -> Iterator[tuple[int, BlockResult]]:
        """Yield the bytes and the result of each block, in the order of the blocks."""


class Engine:
    """Reads blocks on this machine, with as many processes as it is given."""

    local = True

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.times = LARGE if workers.number > 1 else 1

    def read(self, spec: Spec, blocks: Iterable[Block]) -> Iterator[tuple[int, BlockResult]]:
        """Yield the bytes and the result of each block, in the order of the blocks."""
        alone = BlockReader.of(spec)
        waiting: deque[tuple[int, Future[BlockResult]]] = deque()
        for number, (block, owned) in enumerate(blocks):
            if self.workers.number == 1 or (not self.workers.started and number < ALONE):
                yield owned, alone.read(bytes_of(block), owned)
                continue
            waiting.append((owned, self.workers.submit(spec, block, owned)))
            if len(waiting) > self.workers.number + 1:
                size, future = waiting.popleft()
                yield size, future.result()
        while waiting:
            size, future = waiting.popleft()
            yield size, future.result()
