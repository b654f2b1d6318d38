"""Log records of one block of a log, in columns: what every record reader gives and statement assembly takes.

Columns keep the hot path in C: one list or array per field instead of one object per record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, cast

import numpy as np
import orjson
from numpy.typing import NDArray

Times = NDArray[np.int64]
"""Microseconds since the Unix epoch, UTC; `NO_TIME` where the log holds none."""

NO_TIME = np.iinfo(np.int64).min

UNKNOWN = -1
"""Duration that the log does not hold."""

LONGEST = 1e13
"""Milliseconds beyond which a number is damage, not a duration."""

RUN, PHASE, FETCH, FAILED, OTHER, PLAN = range(6)
"""What a record says of a statement: an execution, the parse or bind before one, a further fetch of one, a failed
execution, nothing or a bare duration, a plan."""

LEFT_OUT, FRAME = 6, 7
"""Of a statement that a filter left out, but which sets its session; which bounds its session's transactions, too."""


class Backend(NamedTuple):
    """Who wrote a record; each part empty where unknown."""

    session: bytes
    user: bytes
    database: bytes
    application: bytes
    client: bytes


PLACES = 3
"""Examples kept of each kind of skipped record."""


@dataclass(slots=True)
class Losses:
    """What was left out, by reason: how often, and the first few examples."""

    reasons: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, example: bytes, count: int = 1) -> None:
        """Count records left out for one reason."""
        before, examples = self.reasons.get(reason, (0, ()))
        shown = example[:120].decode("utf-8", "replace")
        self.reasons[reason] = (before + count, (*examples, shown)[:PLACES])

    def note(self, remark: str, example: bytes) -> None:
        """Remember something odd that cost nothing."""
        self.remarks.setdefault(remark, example[:120].decode("utf-8", "replace"))

    def merge(self, other: Losses) -> None:
        """Add what a later block left out."""
        for remark, example in other.remarks.items():
            self.remarks.setdefault(remark, example)
        for reason, (count, examples) in other.reasons.items():
            before, kept = self.reasons.get(reason, (0, ()))
            self.reasons[reason] = (before + count, (*kept, *examples)[:PLACES])


class Orphan(NamedTuple):
    """A secondary line whose message does not stand before it in its block, nor within reach of the one before."""

    lines: int | None
    """Lines of the block before it; `None` for one that stands behind the block."""
    word: bytes
    """Its severity."""
    text: bytes


@dataclass(slots=True)
class Records:
    """Primary records (one per server message) in the order of the log; secondary lines hang on their record."""

    time: Times
    backend: NDArray[np.int32]
    """Number among `backends` of who wrote each record."""
    backends: Sequence[Backend]
    vxid: Sequence[bytes | None]
    severity: Sequence[bytes]
    """English, whatever the language of the log."""
    duration: NDArray[np.int64]
    """Microseconds, `UNKNOWN` when the message has no `duration:`."""
    kind: NDArray[np.int8]
    text: list[bytes]
    """The statement, the plan, or the rest of any other message."""
    detail: Mapping[int, bytes] = field(default_factory=dict)
    statement: Mapping[int, bytes] = field(default_factory=dict)
    context: Mapping[int, bytes] = field(default_factory=dict)
    lines: int = 0
    losses: Losses = field(default_factory=Losses)
    orphans: list[Orphan] = field(default_factory=list)


def durations(column: Sequence[bytes | None]) -> NDArray[np.int64]:
    """Return durations as written, in milliseconds, as microseconds; `UNKNOWN` where there is none."""
    milliseconds = _listed(column)
    found = np.full(len(column), UNKNOWN, dtype=np.int64)
    known = (milliseconds >= 0) & (milliseconds < LONGEST)
    found[known] = np.rint(milliseconds[known] * 1000).astype(np.int64)
    return found


def _listed(column: Sequence[bytes | None]) -> NDArray[np.float64]:
    """Return numbers as written, -1 where there is none; as one JSON list they are read fastest."""
    written = cast(Sequence[bytes], column) if None not in column else [value or b"-1" for value in column]
    try:
        found = orjson.loads(b"[" + b",".join(written) + b"]")
    except orjson.JSONDecodeError:  # one is empty, or damaged
        found = []
    return np.array(found if len(found) == len(column) else [_float(value) for value in written], dtype=np.float64)


def _float(value: bytes) -> float:
    try:
        return float(value)
    except ValueError:
        return -1.0


class Reader(Protocol):
    """What a record reader module's `reader(head, prefix)` returns; must pickle, since blocks are read in parallel."""

    settings: Mapping[str, str]
    """Settings inferred from the head, such as `log_line_prefix`."""
    resolution: int
    """That of the time stamps, microseconds; 0 for milliseconds and better."""

    def starts(self, line: bytes) -> bool:
        """Return whether a primary record begins with this line."""

    def read(self, block: bytes, owned: int) -> Records:
        """Return the records that begin in the first `owned` bytes of `block`.

        `owned` ends where a record ends. What follows is context: secondary lines in it still belong to owned records.
        """
