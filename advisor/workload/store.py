"""The workload file: a workload as versioned JSON, compressed with Zstandard; same workload, same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from advisor.capture.files.source import Source
from advisor.capture.files.zstd import ZstdError, compress
from advisor.capture.limits import limits, written
from advisor.errors import InputError
from advisor.own_file import decoded, refuse_version
from advisor.whole_file import write_whole
from advisor.workload.merging.older_ids import with_renewed_ids
from advisor.workload.model import Workload

VERSION = 1
"""Grows when a reader of the previous version could no longer understand the file."""
FORMAT: Literal["pgadvisor workload"] = "pgadvisor workload"
BEGINNING = b'{"format":"pgadvisor workload"'
LEVEL = 12


@dataclass(frozen=True, slots=True)
class WorkloadFile:
    """What is in the file."""

    format: Literal["pgadvisor workload"]
    version: int
    workload: Workload


def sniff(head: bytes) -> float:
    """Return how surely `head` (decompressed) begins a workload file."""
    return 1.0 if head.startswith(BEGINNING) else 0.0


def encode(workload: Workload) -> bytes:
    """Return the workload as JSON; mappings are sorted, so that the same workload gives the same bytes."""
    return msgspec.json.encode(WorkloadFile(FORMAT, VERSION, workload), order="sorted")


def decode(data: bytes, name: str) -> Workload:
    """Return the workload in a file's JSON; raises `InputError` for a damaged file or an unknown version."""
    refuse_version(data, VERSION, name, "read it with the pgadvisor version that wrote it, or capture again")
    return with_renewed_ids(decoded(data, WorkloadFile, name, "capture again").workload)


def save(workload: Workload, path: Path) -> int:
    """Write the workload file and return its size; plain JSON where the name ends in `.json`."""
    data = encode(workload)
    if path.suffix != ".json":
        data = compress(data, LEVEL)
    try:
        write_whole(path, data)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path), do="choose another -o") from error
    return len(data)


def load_workload(source: Source) -> Workload:
    """Return the workload a file holds; raises `InputError` when it is damaged or of an unknown version."""
    try:
        with source.open() as stream:
            data = stream.read(limits().workload + 1)
    except (OSError, EOFError, ZstdError) as error:
        raise InputError(f"cannot be read: {error}", where=source.name, do="capture again") from error
    if len(data) > limits().workload:
        what = f"workload file of more than {written(limits().workload)}"
        raise InputError(what, where=source.name, do="capture fewer logs into one file, or pass --limit workload=…")
    return decode(data, source.name)
