"""Statement assembly: log records become executions, each counted once whatever the protocol logged about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from advisor.capture.parameters import listed
from advisor.capture.prepared import resolve
from advisor.capture.record import FAILED, OTHER, PLAN, RUN, UNKNOWN, Backend, Records, Times

T = TypeVar("T")


@dataclass(slots=True)
class Rows:
    """What a block says was executed, in columns, in the order of the log."""

    text: list[bytes]
    role: NDArray[np.int8]
    end: Times
    duration: NDArray[np.int64]
    """Microseconds, or `UNKNOWN`."""
    backend: NDArray[np.int32]
    backends: Sequence[Backend]
    vxid: Sequence[bytes | None]
    parameters: dict[int, bytes] = field(default_factory=dict)
    """Row to the listing of its bound values."""


@dataclass(slots=True)
class Assembled:
    """The rows of a block, and what could not be decided inside it."""

    rows: Rows
    said: dict[bytes, Rows] = field(default_factory=dict)
    """Session to a statement logged without its duration yet: one row."""
    opening: dict[bytes, tuple[int, int, int]] = field(default_factory=dict)
    """Session to the bare duration it begins with: end, duration and the row before which it stands."""
    seen: frozenset[bytes] = frozenset()
    """Sessions with any statement in this block."""
    bare: int = 0
    """Bare durations that belong to no statement (parse and bind under `log_duration`)."""


def assemble(records: Records) -> Assembled:
    """Return the executions among the records of one block."""
    kind, timed = records.kind, records.duration != UNKNOWN
    if (~timed & (kind == RUN)).any() or (timed & (kind == OTHER)).any() or (kind == PLAN).any() or records.statement:
        return _Pairing(records).assembled()
    return Assembled(_rows(records, np.flatnonzero(kind < OTHER), kind, records.duration, records.time))


def _rows(
    records: Records, keep: NDArray[np.int64], role: NDArray[np.int8], duration: NDArray[np.int64], end: Times
) -> Rows:
    """Return the kept records as rows."""
    places = keep.tolist()
    whole = len(places) == len(records.text) and not records.detail

    def pick(column: Sequence[T]) -> Sequence[T]:
        return column if whole else [column[place] for place in places]

    rows = Rows(
        text=list(pick(records.text)),
        role=role[keep],
        end=end[keep],
        duration=duration[keep],
        backend=records.backend[keep],
        backends=records.backends,
        vxid=pick(records.vxid),
    )
    if records.detail:
        _bind(records, rows, places)
    return rows


def _bind(records: Records, rows: Rows, places: list[int]) -> None:
    """Give rows the values that their records' DETAIL lists; put the prepared statement in place of an EXECUTE."""
    row_of = None if len(places) == len(records.text) else {place: row for row, place in enumerate(places)}
    for place, detail in records.detail.items():
        row = place if row_of is None else row_of.get(place)
        if row is None:
            continue
        if (listing := listed(detail)) is not None:
            rows.parameters[row] = listing
        elif (resolved := resolve(rows.text[row], detail)) is not None:
            rows.text[row], values = resolved
            if values is not None:
                rows.parameters[row] = values


class _Pairing:
    """Pairs the statements and durations that `log_statement` and `log_duration` write on lines of their own."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.kind = records.kind.tolist()
        self.timed = (records.duration != UNKNOWN).tolist()
        self.duration = records.duration.copy()
        self.end = records.time.copy()
        self.role = records.kind.copy()
        self.kept: list[tuple[int, int]] = []
        """Where a row stands in the log, and the record it is made of."""
        self.said: dict[bytes, int] = {}
        self.opening: dict[bytes, tuple[int, int, int]] = {}
        self.seen: set[bytes] = set()
        self.bare = 0

    def assembled(self) -> Assembled:
        """Return the rows of the block."""
        backends = self.records.backends
        for place, backend in enumerate(self.records.backend.tolist()):
            self._record(place, backends[backend].session)
        self.kept.sort()
        keep = np.array([record for _, record in self.kept], dtype=np.int64)
        rows = _rows(self.records, keep, self.role, self.duration, self.end)
        said = {
            session: _rows(self.records, np.array([place]), self.role, self.duration, self.end)
            for session, place in self.said.items()
        }
        return Assembled(rows, said, self.opening, frozenset(self.seen), self.bare)

    def _record(self, place: int, session: bytes) -> None:
        kind, timed = self.kind[place], self.timed[place]
        if kind == OTHER and timed:
            self._completed(place, session)
        elif kind == RUN and not timed:
            self._let_go(session)
            self.said[session] = place
            self.seen.add(session)
        elif kind < FAILED:
            if kind == RUN:
                self._let_go(session)
                self.seen.add(session)
            self.kept.append((place, place))
        elif kind == OTHER and place in self.records.statement:
            self._failed(place, session)

    def _completed(self, place: int, session: bytes) -> None:
        """A bare duration ends the statement that was logged last in its session."""
        statement = self.said.pop(session, None)
        if statement is not None:
            self.end[statement] = self.records.time[place]
            self.duration[statement] = self.records.duration[place]
            self.kept.append((place, statement))
        elif session not in self.seen and session not in self.opening:
            self.opening[session] = (int(self.records.time[place]), int(self.records.duration[place]), len(self.kept))
        else:
            self.bare += 1

    def _let_go(self, session: bytes) -> None:
        """A statement whose duration never came still was one execution."""
        if (statement := self.said.pop(session, None)) is not None:
            self.kept.append((statement, statement))

    def _failed(self, place: int, session: bytes) -> None:
        """An error ends the statement it names."""
        if self.records.severity[place] not in (b"ERROR", b"FATAL", b"PANIC"):
            return
        self.seen.add(session)
        if (statement := self.said.pop(session, None)) is not None:
            self.role[statement] = FAILED
            self.end[statement] = self.records.time[place]
            self.kept.append((place, statement))
