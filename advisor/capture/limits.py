"""How much of an input is read: what is over is cut or left out, counted, and named in the coverage report.

No limit is met by what a server writes; they keep a file that was made to, or one that went wrong, from taking the
memory and the hours of everything else. `--limit NAME=SIZE` sets one for a run; it holds for the whole process and is
sent to the processes that read with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run."""

    statement: int = 5 << 20
    """Bytes of a statement that are kept."""
    record: int = 64 << 20
    """Bytes of a log record that are kept together."""
    ratio: int = 100
    """Bytes that one byte of a compressed file may unpack to, on the whole, …"""
    unpacked: int = 64 << 20
    """… from this many unpacked bytes on."""
    elements: int = 100_000
    """Elements of a list of values (`IN (…)`, `VALUES …`) that are kept."""
    document: int = 64 << 20
    """Bytes of an export that are read: exports are read whole."""
    workload: int = 256 << 20
    """Bytes of a workload file, unpacked."""
    queries: int = 100_000
    """Different queries of a run's logs that are kept: those that are seen first."""
    members: int = 10_000
    """Files of an archive that are read."""


NAMES = tuple(field.name for field in fields(Limits))
_enforced = Limits()


def limits() -> Limits:
    """Return the limits of this process."""
    return _enforced


def enforce(chosen: Limits) -> None:
    """Make these the limits of this process."""
    global _enforced  # a run has one set, and a reader is many calls away from the command line
    _enforced = chosen


def changed(given: Mapping[str, int]) -> Limits:
    """Return the ordinary limits with those given in their place, by name."""
    return replace(Limits(), **given)


def written(size: int) -> str:
    """Return a number of bytes as somebody would write it: `5 MB`, `300 kB`, `1000 bytes`."""
    units = ((1 << 20, "MB"), (1 << 10, "kB"), (1, "bytes"))
    unit, name = next(one for one in units if size % one[0] == 0)
    return f"{size // unit} {name}"
