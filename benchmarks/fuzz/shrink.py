"""Makes a failing input smaller: pieces are left out as long as it fails in the same place."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from benchmarks.fuzz.attempt import tried
from benchmarks.fuzz.target import Place, Target

SECONDS = 15.0
"""Time spent on one failure."""


class TooLong(BaseException):
    """An attempt took longer than it may; no `except Exception` of the code under test catches it."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `TooLong` when the block takes longer; a C function that never looks is not interrupted."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fails(target: Target, data: bytes, place: Place, kind: str, key: str) -> bool:
    """Return whether an input fails in the same way; a hang is one that takes longer than a second."""
    try:
        with deadline(1.0):
            outcome = tried(target, data, place)
    except TooLong:
        return kind == "hang"
    return (outcome.kind, outcome.key) == (kind, key)


def smaller(data: bytes, still: Callable[[bytes], bool], seconds: float = SECONDS) -> bytes:
    """Return a small input for which `still` holds, as far as the time reaches."""
    end = time.monotonic() + seconds
    size = len(data) // 2
    while size and time.monotonic() < end:
        begin, changed = 0, False
        while begin < len(data) and time.monotonic() < end:
            shorter = data[:begin] + data[begin + size :]
            if shorter != data and still(shorter):
                data, changed = shorter, True
            else:
                begin += size
        if not changed or size > len(data):
            size = min(size, len(data) + 1) // 2
    return data
