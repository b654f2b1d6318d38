"""The parent's side of worker processes: starts them, hands them blocks, takes their results, leaves none behind.

They are processes of our own, not `multiprocessing`: they import nothing of the program that called us, need no guard
in a user's script, and end with their parent, however that ends. One process imports what all of them need and forks
the others (`worker.py`). This module imports little, so that the processes start before the parent's own imports.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from advisor.errors import WorkerError

if TYPE_CHECKING:
    from advisor.workload.engines.block import BlockResult, Spec
    from advisor.workload.engines.blocks import Span

PIPE = 1 << 20
"""Bytes of a pipe, what Linux allows everybody."""

BUFFER = 1 << 16
"""Bytes that are written to a pipe, or read from it, at once."""

ALONE = {"OPENBLAS_NUM_THREADS": "1"}
"""NumPy would start threads for linear algebra that nobody asks for, and they spin for a tenth of a second."""


class Channel:
    """The pipes to one worker process and from it."""

    def __init__(self) -> None:
        tasks, to = os.pipe()
        back, results = os.pipe()
        self.theirs = (tasks, results)
        """The ends that the worker uses."""
        self.to = os.fdopen(to, "wb", BUFFER)
        self.back = os.fdopen(back, "rb", BUFFER)
        # A result should fit into the pipe: else the worker waits for a parent that is busy with the one before it.
        with suppress(ImportError, AttributeError, OSError):
            import fcntl

            fcntl.fcntl(back, fcntl.F_SETPIPE_SZ, PIPE)

    def read(self, spec: Spec, block: bytes | Span, owned: int) -> BlockResult:
        """Return what the worker makes of a block; raises what reading it raised, `WorkerError` when it is gone."""
        try:
            pickle.dump((spec, block, owned), self.to, pickle.HIGHEST_PROTOCOL)
            self.to.flush()
            result: BlockResult | BaseException = pickle.load(self.back)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:  # the last: in the middle of a result
            do = "see whether the system killed it for want of memory; --jobs 1 reads without such processes"
            raise WorkerError("a process that read a log ended before it was done", do=do) from error
        if isinstance(result, BaseException):
            raise result
        return result

    def close(self) -> None:
        """Close the parent's ends."""
        for pipe in (self.to, self.back):
            with suppress(OSError):  # what was not yet written is lost with its reader
                pipe.close()


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """That many worker processes, from `start` to the end of the context; each has a thread here that it answers to."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.process: subprocess.Popen[bytes] | None = None
        """The process that forked the workers and waits for them."""
        self._threads: ThreadPoolExecutor | None = None
        self._channels: list[Channel] = []
        self._idle: queue.SimpleQueue[Channel] = queue.SimpleQueue()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def started(self) -> bool:
        """Whether the processes run."""
        return self.process is not None

    def start(self) -> None:
        """Start the processes, unless they run; raises `WorkerError` when the system has none to give."""
        if self.process is not None:
            return
        try:
            self._start()
        except OSError as error:
            said = f"no process could be started to read a log: {error.strerror}"
            raise WorkerError(said, do="--jobs 1 reads without such processes") from error
        self._threads = ThreadPoolExecutor(self.number)
        for channel in self._channels:
            self._idle.put(channel)

    def _start(self) -> None:
        self._channels = [Channel() for _ in range(self.number)]
        theirs = [end for channel in self._channels for end in channel.theirs]
        command = [sys.executable, "-m", "advisor.workload.engines.worker", *map(str, theirs)]
        try:
            # In a group of its own: Ctrl-C is for the parent alone, which ends it, and reads nothing into its end.
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={**os.environ, **ALONE},
                pass_fds=theirs, process_group=0,
            )  # fmt: skip
        finally:
            for end in theirs:
                os.close(end)

    def submit(self, spec: Spec, block: bytes | Span, owned: int) -> Future[BlockResult]:
        """Have the next idle worker read a block."""
        self.start()
        assert self._threads is not None
        return self._threads.submit(self._read, spec, block, owned)

    def _read(self, spec: Spec, block: bytes | Span, owned: int) -> BlockResult:
        channel = self._idle.get()
        try:
            return channel.read(spec, block, owned)
        finally:
            self._idle.put(channel)

    def stop(self) -> None:
        """End the processes, at once, whatever they do."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait()
        for channel in self._channels:
            channel.close()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        self.process, self._threads, self._channels = None, None, []
