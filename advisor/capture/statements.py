"""Statement assembly: log records become executions, each counted once whatever the protocol logged about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from advisor.capture.parameters import listed
from advisor.capture.prepared import resolve
from advisor.capture.record import Origin, Records, Times

RUN, PHASE, FETCH, FAILED = 0, 1, 2, 3
"""Roles of a row: an execution, the parse or bind before one, a further fetch of one, a failed execution."""

UNKNOWN = -1
"""Duration that the log does not hold."""

T = TypeVar("T")

ROLES = {b"statement": RUN, b"execute": RUN, b"parse": PHASE, b"bind": PHASE, b"fetch": FETCH, b"plan": 5, b"": 4}


@dataclass(slots=True)
class Rows:
    """What a block says was executed, in columns, in the order of the log."""

    text: list[bytes]
    role: NDArray[np.int8]
    end: Times
    duration: NDArray[np.int64]
    """Microseconds, or `UNKNOWN`."""
    session: list[bytes]
    origin: list[Origin]
    vxid: list[bytes]
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
    size = len(records.text)
    code = np.fromiter(map(ROLES.__getitem__, records.kind), dtype=np.int8, count=size)
    timed = np.fromiter(map(bool, records.duration), dtype=bool, count=size)
    duration = np.full(size, UNKNOWN, dtype=np.int64)
    if timed.any():
        milliseconds = np.array([records.duration[place] for place in np.flatnonzero(timed)], dtype="S").astype(float)
        duration[timed] = np.rint(milliseconds * 1000).astype(np.int64)
    said = ~timed & (code == RUN)
    bare = timed & (code == 4)
    if said.any() or bare.any() or (code == 5).any() or records.statement:
        return _Pairing(records, code, duration).assembled()
    keep = np.flatnonzero(code < 4)
    return Assembled(_rows(records, keep, code, duration))


def _rows(
    records: Records,
    keep: NDArray[np.int64],
    role: NDArray[np.int8],
    duration: NDArray[np.int64],
    end: Times | None = None,
) -> Rows:
    """Return the kept records as rows."""
    places = keep.tolist()
    whole = len(places) == len(records.text)

    def pick(column: list[T]) -> list[T]:
        return list(column) if whole else [column[place] for place in places]

    rows = Rows(
        text=pick(records.text),
        role=role[keep],
        end=(records.time if end is None else end)[keep],
        duration=duration[keep],
        session=pick(records.session),
        origin=pick(records.origin),
        vxid=pick(records.vxid),
    )
    if records.detail:
        _bind(records, rows, places, whole)
    return rows


def _bind(records: Records, rows: Rows, places: list[int], whole: bool) -> None:
    """Give rows the values that their records' DETAIL lists; put the prepared statement in place of an EXECUTE."""
    row_of = None if whole else {place: row for row, place in enumerate(places)}
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

    def __init__(self, records: Records, code: NDArray[np.int8], duration: NDArray[np.int64]) -> None:
        self.records = records
        self.code = code.tolist()
        self.duration = duration
        self.end = records.time.copy()
        self.role = code.copy()
        self.kept: list[tuple[int, int]] = []
        """Where a row stands in the log, and the record it is made of."""
        self.said: dict[bytes, int] = {}
        self.opening: dict[bytes, tuple[int, int, int]] = {}
        self.seen: set[bytes] = set()
        self.bare = 0

    def assembled(self) -> Assembled:
        """Return the rows of the block."""
        for place in range(len(self.code)):
            self._record(place)
        self.kept.sort()
        keep = np.array([record for _, record in self.kept], dtype=np.int64)
        rows = _rows(self.records, keep, self.role, self.duration, self.end)
        said = {
            session: _rows(self.records, np.array([place]), self.role, self.duration)
            for session, place in self.said.items()
        }
        return Assembled(rows, said, self.opening, frozenset(self.seen), self.bare)

    def _record(self, place: int) -> None:
        records, code = self.records, self.code[place]
        session = records.session[place]
        if code == 4 and records.duration[place]:
            self._completed(place, session)
        elif code == RUN and not records.duration[place]:
            self._let_go(session)
            self.said[session] = place
            self.seen.add(session)
        elif code < 4:
            if code == RUN:
                self._let_go(session)
                self.seen.add(session)
            self.kept.append((place, place))
        elif code == 4 and place in records.statement:
            self._failed(place, session)

    def _completed(self, place: int, session: bytes) -> None:
        """A bare duration ends the statement that was logged last in its session."""
        statement = self.said.pop(session, None)
        if statement is not None:
            self.end[statement] = self.records.time[place]
            self.duration[statement] = self.duration[place]
            self.kept.append((place, statement))
        elif session not in self.seen and session not in self.opening:
            self.opening[session] = (int(self.records.time[place]), int(self.duration[place]), len(self.kept))
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
