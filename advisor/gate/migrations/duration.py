"""How long PostgreSQL works on a table: rough, within a factor of three on a server of today (`benchmarks.migrations`).

Constants were measured with warm tables of 10⁵ to 10⁶ rows; a cold disk, or others at work, make it longer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

PAGE = 8192
SCAN_ROW, SCAN_BYTE = 0.06e-6, 1 / 2e9
"""Seconds to read and check one row, and one byte."""
WRITE_ROW, WRITE_BYTE = 0.35e-6, 1 / 250e6
"""Seconds to write one row anew, and one byte with its write-ahead log."""
SORT_ROW = 0.02e-6
"""Seconds for one comparison of numbers while an index is built; there are log₂ n a row."""
ENTRY = 0.12e-6
"""Seconds to write one index entry."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is done to one table."""

    rows: float
    pages: float
    rewritten: bool = False
    scanned: bool = False


def seconds(work: Work, indexes: Iterable[float] = ()) -> float:
    """Return the seconds of the work and of building indexes, each given by how dear its keys are to compare."""
    size = work.pages * PAGE
    scan = work.rows * SCAN_ROW + size * SCAN_BYTE
    total = scan if work.scanned or work.rewritten else 0.0
    if work.rewritten:
        total += work.rows * WRITE_ROW + size * WRITE_BYTE
    for dear in indexes:
        total += scan + work.rows * (ENTRY + SORT_ROW * dear * math.log2(max(work.rows, 2.0)))
    return total
