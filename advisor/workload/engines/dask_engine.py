"""Runs the block function on an existing Dask cluster (optional extra `dask`), with the local engine's result."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from advisor.errors import InputError
from advisor.workload.engines.block import BlockReader, BlockResult, Spec
from advisor.workload.engines.blocks import Block, bytes_of

AHEAD = 2
"""Blocks under way per thread of the cluster."""

_local = threading.local()


def read_block(run: str, spec: Spec, block: bytes, owned: int) -> BlockResult:
    """Read one block on a worker; each of its threads keeps a block reader of its own."""
    readers: dict[tuple[str, int], BlockReader] = getattr(_local, "readers", {})
    key = (run, spec.number)
    if key not in readers:
        readers = {key: BlockReader.of(spec)}
        _local.readers = readers
    return readers[key].read(block, owned)


class DaskEngine:
    """Reads blocks on the cluster of a scheduler; a context manager."""

    local = False
    times = 1

    def __init__(self, scheduler: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            do = "pip install 'pgadvisor[dask]'"
            raise InputError("the Dask engine needs the optional extra `dask`", where=scheduler, do=do) from error
        try:
            self._client: Any = Client(scheduler, timeout=15)
        except (OSError, TimeoutError, ValueError) as error:
            do = "check the address and that the scheduler runs"
            raise InputError(f"no Dask scheduler answers: {error}", where=scheduler, do=do) from error
        self._run = uuid.uuid4().hex

    def __enter__(self) -> DaskEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def read(self, spec: Spec, blocks: Iterable[Block]) -> Iterator[tuple[int, BlockResult]]:
        """Yield the bytes and the result of each block, in the order of the blocks."""
        threads = max(sum(self._client.nthreads().values()), 1)
        waiting: deque[tuple[int, Any]] = deque()
        for block, owned in blocks:
            future = self._client.submit(read_block, self._run, spec, bytes_of(block), owned, pure=False)
            waiting.append((owned, future))
            if len(waiting) > AHEAD * threads:
                size, first = waiting.popleft()
                yield size, first.result()
        while waiting:
            size, first = waiting.popleft()
            yield size, first.result()
