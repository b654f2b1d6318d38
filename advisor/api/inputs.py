"""Workloads and snapshots: read, taken from a server, saved."""

from __future__ import annotations

import os
from pathlib import Path

from advisor.catalog import snapshot as snapshots
from advisor.catalog.snapshot import Snapshot
from advisor.workload.collect import collect
from advisor.workload.filtering.capture_filters import EVERYTHING, Filters
from advisor.workload.model import Workload
from advisor.workload.store import save

StrPath = str | os.PathLike[str]
"""A path as a text or as `pathlib` has it."""


def read_workload(
    *inputs: StrPath, log_line_prefix: str | None = None, jobs: int | None = None, filters: Filters = EVERYTHING
) -> Workload:
    """Return what logs, statement exports, workload files and database URLs, in any mixture, amount to together.

    `log_line_prefix` is the server's setting, inferred when not given; `jobs` the processes to use, all cores when not
    given; `filters` says which executions count. Raises `InputError`, naming the input, when one cannot be read or
    nothing in it was understood, and `ServerError` for a database that cannot be reached.
    """
    return collect([os.fspath(name) for name in inputs], log_line_prefix=log_line_prefix, jobs=jobs, filters=filters)


def save_workload(workload: Workload, path: StrPath) -> None:
    """Write a workload file, which `read_workload` reads; plain JSON where the name ends in `.json`, else compressed.

    Raises `InputError` when it cannot be written.
    """
    save(workload, Path(path))


def take_snapshot(url: str) -> Snapshot:
    """Return schema, statistics and settings of a live server, read in a read-only session with timeouts.

    Raises `ServerError` when the server cannot be reached or refuses what is needed.
    """
    return snapshots.take_snapshot(url)


def load_snapshot(folder: StrPath) -> Snapshot:
    """Return the snapshot in a folder; raises `SnapshotError` for one that is incomplete or of an unknown version."""
    return snapshots.load_snapshot(Path(folder))


def snapshot_of_dump(schema: StrPath, statistics: StrPath | None = None) -> Snapshot:
    """Return a snapshot made of a schema dump and, where there is one, a file of statistics.

    Raises `SnapshotError` when one cannot be read.
    """
    return snapshots.snapshot_from_files(Path(schema), Path(statistics) if statistics else None)


def save_snapshot(snapshot: Snapshot, folder: StrPath) -> None:
    """Write a snapshot's folder, readable by its owner only; the same bytes for the same snapshot."""
    snapshots.save_snapshot(snapshot, Path(folder))


def redacted(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with surrogates in place of production's values; what that costs is in its notes."""
    return snapshots.redacted(snapshot)
