"""Statement assembly: log records become executions, each counted once whatever the protocol logged about it.

Where a line holds statement and duration, it is one execution (`log_min_duration_statement`). Elsewhere a session is in
the middle of something between two lines (`log_statement` with `log_duration`, auto_explain):

             text without duration                bare duration, or an error that names it
    idle ─────────────────────────────▶ said ───────────────────────────────────────────▶ one execution
     │                                   ├── plan of the same text ──▶ said, rows and time known
     │                                   └── another text ───────────▶ one execution of unknown time
     │       plan                               its own line, same text
     ├─────────────────────────────▶ planned ───────────────────────────────────────────▶ one execution, rows known
     │                                   └── anything else ──────────▶ the plan was an execution by itself
     │       plan of a recent execution (a cursor's comes at its end)
     └──────────────────────────────────────────────────────────────────────────────────▶ rows of that execution

What is open at a block's end (`said`, `planned`), and what a block begins with that may belong to the one before
(`leading`, `opening`, `failing`), is handed on in `Assembled`; `advisor.capture.assembly` joins the blocks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from advisor.capture.assembly.parameters import LEAD, listed
from advisor.capture.assembly.prepared import resolve
from advisor.capture.assembly.side_messages import rows_of, taken_apart
from advisor.capture.record import FAILED, OTHER, PHASE, PLAN, RUN, UNKNOWN, Backend, Records, Times

T = TypeVar("T")

SPACE = ord(" ")

LISTING = b"Parameters: $1 = ", b"parameters: $1 = "
"""How a listing of values begins in English."""

WORDING = len("Parameters: ")

RECENT = 50
"""Executions of a session whose plan may still come."""


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
    returned: dict[int, int] = field(default_factory=dict)
    """Row to the rows it returned, where an analysed plan told."""
    errors: dict[int, bytes] = field(default_factory=dict)
    """Row to the message of the error it failed with."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A statement of which a later block may tell more."""

    text: bytes
    parameters: bytes | None
    end: int
    duration: int
    backend: Backend
    vxid: bytes | None


@dataclass(slots=True)
class Assembled:
    """The rows of a block, and what could not be decided inside it."""

    rows: Rows
    said: dict[bytes, Pending] = field(default_factory=dict)
    """Session to a statement logged without its duration yet."""
    planned: dict[bytes, Pending] = field(default_factory=dict)
    """Session to a statement of which only the plan was logged so far."""
    leading: dict[bytes, Pending] = field(default_factory=dict)
    """Session to a plan that stands before all its executions: perhaps of the last one before the block."""
    lasts: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    """Session to the texts of its last executions whose plan may still come, in logs with plans."""
    failing: frozenset[bytes] = frozenset()
    """Sessions that begin with an error of a statement."""
    opening: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    """Session to the bare duration it begins with: end and duration."""
    firsts: dict[bytes, bytes] = field(default_factory=dict)
    """Session to the text of its first execution, empty when its duration stands on a line of its own."""
    bare: int = 0
    """Bare durations that belong to no statement (parse and bind under `log_duration`)."""


def assemble(records: Records) -> Assembled:
    """Return the executions among the records of one block."""
    kind, timed = records.kind, records.duration != UNKNOWN
    if (~timed & (kind == RUN)).any() or (timed & (kind == OTHER)).any() or (kind == PLAN).any() or records.statement:
        return _Pairing(records).assembled()
    rows = _rows(records, np.flatnonzero(kind < OTHER), kind, records.duration, records.time)
    return Assembled(rows, firsts=_firsts(rows), lasts=_lasts(rows))


def _firsts(rows: Rows) -> dict[bytes, bytes]:
    """Return the text of the first execution of each session."""
    first = _last_of_each(rows.backend, np.flatnonzero(rows.role == RUN)[::-1], len(rows.backends))
    found: dict[bytes, bytes] = {}
    for backend, row in zip(rows.backends, first, strict=True):
        if row >= 0:
            found.setdefault(backend.session, rows.text[row])
    return found


def _last_of_each(backend: NDArray[np.int32], rows: NDArray[np.int64], backends: int) -> list[int]:
    """Return the last of the rows of each backend, -1 where it has none."""
    found = np.full(backends, -1, dtype=np.int64)
    found[backend[rows]] = rows
    return found.tolist()


def _lasts(rows: Rows) -> dict[bytes, tuple[bytes, ...]]:
    """Return the text of the last execution of each session."""
    last = _last_of_each(rows.backend, np.flatnonzero(rows.role == RUN), len(rows.backends))
    return {
        backend.session: (rows.text[row].strip(),) for backend, row in zip(rows.backends, last, strict=True) if row >= 0
    }


def completed(pending: Sequence[Pending]) -> Rows:
    """Return statements that no later block told more of as rows."""
    return Rows(
        text=[one.text for one in pending],
        role=np.full(len(pending), RUN, dtype=np.int8),
        end=np.array([one.end for one in pending], dtype=np.int64),
        duration=np.array([one.duration for one in pending], dtype=np.int64),
        backend=np.arange(len(pending), dtype=np.int32),
        backends=[one.backend for one in pending],
        vxid=[one.vxid for one in pending],
        parameters={row: one.parameters for row, one in enumerate(pending) if one.parameters is not None},
    )


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
    role, parameters = rows.role.tolist(), rows.parameters
    if row_of is None and all(detail.startswith(LISTING) for detail in records.detail.values()):
        rows.parameters = {row: detail[WORDING:] for row, detail in records.detail.items() if role[row] != PHASE}
        return
    for place, detail in records.detail.items():
        row = place if row_of is None else row_of.get(place)
        if row is None or role[row] == PHASE:
            continue
        if detail.startswith(LISTING):
            parameters[row] = detail[WORDING:]
            continue
        begin = detail.find(b"$1 = ", 0, LEAD)
        if begin > 0 and detail[begin - 1] == SPACE:
            parameters[row] = detail[begin:]
        elif (resolved := resolve(rows.text[row], detail)) is not None:
            rows.text[row], values = resolved
            if values is not None:
                parameters[row] = values


def _resolved(records: Records) -> dict[int, bytes]:
    """Put prepared statements in place of EXECUTEs; return the DETAIL lines, theirs as listings of values."""
    details = dict(records.detail)
    for place, detail in records.detail.items():
        if listed(detail) is None and (resolved := resolve(records.text[place], detail)) is not None:
            records.text[place], values = resolved
            if values is None:
                del details[place]
            else:
                details[place] = b"Parameters: " + values
    return details


@dataclass(slots=True)
class _Session:
    """What a session is in the middle of; records and executions are places in the block."""

    said: int | None = None
    """A statement logged without its duration yet."""
    planned: int | None = None
    """A plan whose statement's own line may come next."""
    leading: int | None = None
    """A plan before all executions: perhaps of the last one before the block."""
    opening: tuple[int, int] | None = None
    """End and duration of a bare duration before all executions."""
    first: bytes | None = None
    """Text of the first execution, empty when its duration stands on a line of its own."""
    failing: bool = False
    """Whether it begins with an error of a statement."""
    recent: OrderedDict[bytes, int] = field(default_factory=OrderedDict)
    """Its last executions without a plan: text and record."""

    @property
    def begun(self) -> bool:
        """Return whether something of it was seen that ends what came before the block."""
        return self.first is not None or self.opening is not None


class _Pairing:
    """Pairs statements, durations and plans that stand on lines of their own."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.kind = records.kind.tolist()
        self.timed = (records.duration != UNKNOWN).tolist()
        self.duration = records.duration.copy()
        self.end = records.time.copy()
        self.role = records.kind.copy()
        self.kept: list[tuple[int, int]] = []
        """Where a row stands in the log, and the record it is made of."""
        self.sessions: dict[bytes, _Session] = {}
        self.plans: dict[int, tuple[bytes, int | None]] = {}
        """Record of a plan to its statement and the rows it returned."""
        self.returned: dict[int, int] = {}
        self.errors: dict[int, bytes] = {}
        """Failed statement to the error's message."""
        self.explained: set[int] = set()
        """Executions whose plan is known."""
        self.plan_kinds = bool((records.kind == PLAN).any())
        self.bare = 0

    def assembled(self) -> Assembled:
        """Return the rows of the block."""
        self.records.detail = _resolved(self.records)
        sessions = [self.sessions.setdefault(backend.session, _Session()) for backend in self.records.backends]
        for place, backend in enumerate(self.records.backend.tolist()):
            self._record(place, sessions[backend])
        self.kept.sort()
        for place, (text, _) in self.plans.items():
            self.records.text[place] = text
            self.role[place] = RUN
        keep = np.array([record for _, record in self.kept], dtype=np.int64)
        rows = _rows(self.records, keep, self.role, self.duration, self.end)
        rows.returned = {
            row: self.returned[record] for row, record in enumerate(keep.tolist()) if record in self.returned
        }
        rows.errors = {row: self.errors[record] for row, record in enumerate(keep.tolist()) if record in self.errors}
        by_name = self.sessions.items()
        return Assembled(
            rows,
            said={name: self._pending(one.said) for name, one in by_name if one.said is not None},
            planned={name: self._pending(one.planned) for name, one in by_name if one.planned is not None},
            leading={name: self._pending(one.leading) for name, one in by_name if one.leading is not None},
            lasts={name: tuple(one.recent) for name, one in by_name if one.recent},
            failing=frozenset(name for name, one in by_name if one.failing),
            opening={name: one.opening for name, one in by_name if one.opening is not None},
            firsts={name: one.first for name, one in by_name if one.first is not None},
            bare=self.bare,
        )

    def _pending(self, place: int) -> Pending:
        rows = _rows(self.records, np.array([place]), self.role, self.duration, self.end)
        backend = self.records.backends[self.records.backend[place]]
        return Pending(
            rows.text[0], rows.parameters.get(0), int(rows.end[0]), int(rows.duration[0]), backend, rows.vxid[0]
        )

    def _record(self, place: int, session: _Session) -> None:
        kind, timed = self.kind[place], self.timed[place]
        if kind == PLAN:
            self._plan(place, session)
        elif kind == OTHER and timed:
            self._completed(place, session)
        elif kind == RUN:
            self._run(place, session, timed)
        elif kind < FAILED:
            self.kept.append((place, place))
        elif kind == OTHER and place in self.records.statement:
            self._failed(place, session)

    def _run(self, place: int, session: _Session, timed: bool) -> None:
        text = self.records.text[place]
        if session.first is None:
            session.first = text if timed else b""
        self._let_go(session)
        self._planned(session, text if timed else b"", place)
        if timed:
            self.kept.append((place, place))
            if place not in self.explained:
                self._remember(session, place)
        else:
            session.said = place

    def _plan(self, place: int, session: _Session) -> None:
        """Remember a plan until its statement's own line comes; what a function ran is part of the function."""
        if place in self.records.context:
            return
        text, plan, _ = taken_apart(self.records.text[place].lstrip(b"\n"))
        rows = rows_of(plan)
        statement = session.said
        if statement is not None and self.records.text[statement].strip() == text.strip():
            if rows is not None:
                self.returned[statement] = rows
            self.explained.add(statement)
            if self.duration[statement] == UNKNOWN:
                self.duration[statement] = self.records.duration[place]
                self.end[statement] = self.records.time[place]
            return
        self._planned(session, b"", place)
        if not text or self._behind(session, text, rows):
            return
        self.plans[place] = text, rows
        if session.begun or session.leading is not None:
            session.planned = place
        else:
            session.leading = place

    def _remember(self, session: _Session, place: int) -> None:
        """Remember an execution whose plan may come later: with a portal or cursor it does."""
        if self.plan_kinds:
            session.recent[self.records.text[place].strip()] = place
            if len(session.recent) > RECENT:
                session.recent.popitem(last=False)

    def _behind(self, session: _Session, text: bytes, rows: int | None) -> bool:
        """Return whether a plan is that of an execution before it."""
        before = session.recent.pop(text.strip(), None)
        if before is not None and rows is not None:
            self.returned[before] = rows
        return before is not None

    def _planned(self, session: _Session, text: bytes, place: int) -> None:
        """Drop the plan that was waiting if this is its statement's own line; else it was an execution by itself."""
        plan, session.planned = session.planned, None
        if plan is None:
            return
        planned, rows = self.plans[plan]
        if planned.strip() != text.strip():
            self.kept.append((plan, plan))
            return
        self.explained.add(place)
        if rows is not None:
            self.returned[place] = rows

    def _completed(self, place: int, session: _Session) -> None:
        """A bare duration ends the statement that was logged last in its session."""
        statement, session.said = session.said, None
        if statement is not None:
            self.end[statement] = self.records.time[place]
            self.duration[statement] = self.records.duration[place]
            self.kept.append((place, statement))
            if statement not in self.explained:
                self._remember(session, statement)
        elif not session.begun:
            session.opening = (int(self.records.time[place]), int(self.records.duration[place]))
        else:
            self.bare += 1

    def _let_go(self, session: _Session) -> None:
        """A statement whose duration never came still was one execution."""
        statement, session.said = session.said, None
        if statement is not None:
            self.kept.append((statement, statement))
            if statement not in self.explained:
                self._remember(session, statement)

    def _failed(self, place: int, session: _Session) -> None:
        """An error ends the statement it names."""
        if self.records.severity[place] not in (b"ERROR", b"FATAL", b"PANIC"):
            return
        statement, session.said = session.said, None
        message = self.records.text[place]
        if statement is None:
            statement = place
            self.records.text[place] = self.records.statement[place]
            if not session.begun:
                session.failing = True
            if session.first is None:
                session.first = b""
        self.role[statement] = FAILED
        self.errors[statement] = message
        self.end[statement] = self.records.time[place]
        self.kept.append((place, statement))
