"""Runs the block function: in this process for a small input, on all cores for a large one; the result is the same."""

from __future__ import annotations

import os
import queue
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol

from advisor.workload.block import BlockReader, BlockResult, Spec
from advisor.workload.blocks import Block, Span, bytes_of
from advisor.workload.worker import Worker

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


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Engine:
    """Reads blocks with as many processes as it is given; a context manager that leaves none behind.

    Each process has a thread here that hands it blocks and takes its results.
    """

    local = True

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = jobs or cores()
        self.times = LARGE if self.jobs > 1 else 1
        self._threads: ThreadPoolExecutor | None = None
        self._workers: list[Worker] = []
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.stop()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)

    def read(self, spec: Spec, blocks: Iterable[Block]) -> Iterator[tuple[int, BlockResult]]:
        """Yield the bytes and the result of each block, in the order of the blocks."""
        alone = BlockReader.of(spec)
        waiting: deque[tuple[int, Future[BlockResult]]] = deque()
        for number, (block, owned) in enumerate(blocks):
            if self.jobs == 1 or (self._threads is None and number < ALONE):
                yield owned, alone.read(bytes_of(block), owned)
                continue
            waiting.append((owned, self._started().submit(self._read, spec, block, owned)))
            if len(waiting) > self.jobs + 1:
                size, future = waiting.popleft()
                yield size, future.result()
        while waiting:
            size, future = waiting.popleft()
            yield size, future.result()

    def _read(self, spec: Spec, block: bytes | Span, owned: int) -> BlockResult:
        worker = self._idle.get()
        try:
            return worker.read(spec, block, owned)
        finally:
            self._idle.put(worker)

    def start(self) -> None:
        """Start the processes now, for an input that is sure to need them, so that they are there when it is known."""
        if self.jobs > 1:
            self._started()

    def _started(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.jobs)
            for _ in range(self.jobs):
                self._workers.append(Worker())
                self._idle.put(self._workers[-1])
        return self._threads
