"""Worker processes: each reads blocks it is sent through a pipe and writes what they amount to into another.

Started as `python -m advisor.workload.engines.worker TASKS RESULTS …`, two file descriptors a worker, by
`workers.py`. This process imports everything, forks the workers, which share what was imported, and waits for them.
A worker ends when the parent's end of its pipe is closed.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

from advisor.workload.engines.block import BlockReader, BlockResult
from advisor.workload.engines.blocks import bytes_of
from advisor.workload.engines.workers import BUFFER


def serve(tasks: BinaryIO, results: BinaryIO) -> None:
    """Read blocks until the tasks end."""
    readers: dict[int, BlockReader] = {}
    while True:
        try:
            spec, block, owned = pickle.load(tasks)
        except (EOFError, pickle.UnpicklingError):  # the latter: the parent was killed while it wrote
            return
        answer: BlockResult | BaseException
        try:
            if spec.number not in readers:
                readers = {spec.number: BlockReader.of(spec)}
            answer = readers[spec.number].read(bytes_of(block), owned)
        except Exception as error:  # the parent raises it where the user sees it
            answer = error
        pickle.dump(answer, results, pickle.HIGHEST_PROTOCOL)
        results.flush()


def fork(pipes: Sequence[tuple[int, int]]) -> None:
    """Fork a worker for each pair of pipes; return when all have ended.

    Forking is safe here: nothing but imports has happened, and no thread was started. Where the system allows no more
    processes, the pipes of those missing end at once, which tells the parent.
    """
    forked = 0
    for tasks, results in pipes:
        try:
            worker = os.fork()
        except OSError:
            break
        forked += 1
        if worker == 0:
            # A pipe ends when nobody else holds it: the parent must see it when one worker of several is killed.
            for end in {end for pair in pipes for end in pair} - {tasks, results}:
                os.close(end)
            with suppress(BrokenPipeError, KeyboardInterrupt, MemoryError):  # the parent sees the end of the pipe
                serve(os.fdopen(tasks, "rb", BUFFER), os.fdopen(results, "wb", BUFFER))
            os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is for the workers; this process leaves when they have left
    for end in {end for pair in pipes for end in pair}:
        os.close(end)
    for _ in range(forked):
        os.wait()


if __name__ == "__main__":
    gc.disable()  # blocks make no reference cycles, but enough objects to set the collector off all the time
    gc.freeze()
    ends = [int(end) for end in sys.argv[1:]]
    fork(list(zip(ends[::2], ends[1::2], strict=True)))
