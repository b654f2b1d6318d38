"""The one entry of capture: inputs of any kind in, one `Workload` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import InputError
from advisor.workload.engines.workers import Workers, cores
from advisor.workload.filtering.capture_filters import EVERYTHING, Filters

if TYPE_CHECKING:
    from advisor.workload.model import Workload

LARGE = 32 << 20
"""Bytes from which it is worth starting processes before anything is known of an input."""


def collect(
    inputs: Sequence[str],
    *,
    log_line_prefix: str | None = None,
    jobs: int | None = None,
    progress: Callable[[str, int], None] | None = None,
    scheduler: str | None = None,
    filters: Filters = EVERYTHING,
) -> Workload:
    """Return what logs, exports, workload files and database URLs, in any mixture, amount to together.

    `log_line_prefix` is the server's setting, inferred when not given; `jobs` the processes to use, all cores when
    not given; `progress` is called with an input's name and the bytes of it read so far; `scheduler` is the address of
    a Dask scheduler whose cluster reads the logs instead of this machine; `filters` says what counts. Raises
    `InputError`, naming the input, when one cannot be read or nothing in it was understood, and `ServerError` for a
    database that cannot be reached.
    """
    if not inputs:
        raise InputError("no input was given", do="name logs, exports, workload files or a database URL")
    with Workers(jobs or cores()) as workers:
        if scheduler is None and workers.number > 1 and any(map(_large, inputs)):
            workers.start()
        # Imported here, while the processes import the same.
        from advisor.workload.gather_inputs import gather

        return gather(inputs, log_line_prefix, progress, scheduler, workers, filters)


def _large(name: str) -> bool:
    """Return whether an input is a local file that takes all cores to read."""
    try:
        return Path(name).is_file() and Path(name).stat().st_size > LARGE
    except OSError:
        return False
