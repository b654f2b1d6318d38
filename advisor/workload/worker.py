"""A worker process: reads blocks it is sent on stdin and writes what they amount to on stdout, until stdin ends.

Started as `python -m advisor.workload.worker`. A process of our own, not `multiprocessing`: it imports nothing of the
program that called us, needs no guard in a user's script, and ends with its parent, however that ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from contextlib import suppress
from typing import BinaryIO, cast

from advisor.errors import WorkerError
from advisor.workload.block import BlockReader, BlockResult, Spec
from advisor.workload.blocks import Span, bytes_of

PIPE = 1 << 20
"""Bytes of a pipe, what Linux allows everybody."""

ALONE = {"OPENBLAS_NUM_THREADS": "1"}
"""NumPy would start threads for linear algebra that nobody asks for, and they spin for a tenth of a second."""


class Worker:
    """A worker process, seen from the parent."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "advisor.workload.worker"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 16, env={**os.environ, **ALONE},
            process_group=0,
        )  # fmt: skip
        # In a group of its own: Ctrl-C is for the parent alone, which ends it, and reads nothing into its end.
        # A result should fit into the pipe: else the worker waits for a parent that is busy with the one before it.
        with suppress(ImportError, AttributeError, OSError):
            import fcntl

            fcntl.fcntl(cast(BinaryIO, self.process.stdout), fcntl.F_SETPIPE_SZ, PIPE)

    def read(self, spec: Spec, block: bytes | Span, owned: int) -> BlockResult:
        """Return what the worker makes of a block; raises what reading it raised, `WorkerError` when it is gone."""
        stdin, stdout = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)
        try:
            pickle.dump((spec, block, owned), stdin, pickle.HIGHEST_PROTOCOL)
            stdin.flush()
            result = pickle.load(stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:  # the last: in the middle of a result
            do = "see whether the system killed it for want of memory; --jobs 1 reads without such processes"
            raise WorkerError("a process that read a log ended before it was done", do=do) from error
        if isinstance(result, BaseException):
            raise result
        assert isinstance(result, BlockResult)
        return result

    def stop(self) -> None:
        """End the process, at once."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self.process.wait()


def serve(tasks: BinaryIO, results: BinaryIO) -> None:
    """Read blocks until the tasks end."""
    readers: dict[int, BlockReader] = {}
    while True:
        try:
            spec, block, owned = pickle.load(tasks)
        except EOFError:
            return
        if spec.number not in readers:
            readers = {spec.number: BlockReader.of(spec)}
        answer: BlockResult | BaseException
        try:
            answer = readers[spec.number].read(bytes_of(block), owned)
        except Exception as error:  # the parent raises it where the user sees it
            answer = error
        pickle.dump(answer, results, pickle.HIGHEST_PROTOCOL)
        results.flush()


if __name__ == "__main__":
    gc.freeze()
    gc.disable()  # blocks make no reference cycles, but enough objects to set the collector off all the time
    output = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)  # whatever prints must not end up among the results
    try:
        serve(sys.stdin.buffer, output)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)
