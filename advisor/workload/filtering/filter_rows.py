"""Leaves executions of a log out, judged by themselves alone: when they ended, who ran them, what they were.

What bounds transactions and what sets a session is followed all the same: an execution that stays is planned under
the `search_path` its session had, and its loop ends where its transaction does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from advisor.capture.assembly.side_messages import ConnectionMessage, Incident, SettingMessage
from advisor.capture.assembly.statements import Rows
from advisor.capture.record import FRAME, LEFT_OUT, NO_TIME, RUN, Backend, Times
from advisor.workload.counting.sketch import buckets
from advisor.workload.filtering.capture_filters import Filters
from advisor.workload.filtering.excluded import searching
from advisor.workload.filtering.left_out_rows import (
    AFTER,
    BEFORE,
    EXCLUDED,
    NO_APPLICATION,
    NO_TIME_KNOWN,
    NO_USER,
    OTHER_APPLICATION,
    OTHER_USER,
    LeftOut,
)

REASONS = (
    "", NO_TIME_KNOWN, BEFORE, AFTER, NO_USER, OTHER_USER, NO_APPLICATION, OTHER_APPLICATION, EXCLUDED,
)  # fmt: skip
"""Why a row is left out, by the number it gets; the first reason that fits counts."""
NUMBER = {reason: number for number, reason in enumerate(REASONS)}

FOLLOWED = re.compile(
    rb"(?>\s+|/\*.*?\*/|--[^\n]*(?:\n|$))*+"
    rb"(?:begin|start|commit|end|rollback|abort|prepare|set|reset|discard|select\s+(?:pg_catalog\.)?set_config)\b",
    re.I | re.S,
)
"""Statements that bound a transaction or set a session."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """The rows that count, and what was left out."""

    rows: Rows
    left_out: LeftOut
    begin: int | None
    """Microseconds since the epoch of the first and last row of all, as far as they lie between --begin and --end."""
    end: int | None


class RowFilter:
    """Sifts the rows of blocks."""

    def __init__(self, filters: Filters) -> None:
        self.filters = filters
        begin, end = filters.span
        self.begin, self.end = (None if time is None else round(time * 1e6) for time in (begin, end))
        self.users = frozenset(name.encode() for name in filters.users)
        self.applications = frozenset(name.encode() for name in filters.applications)
        self.excluded = searching(filters.exclude) if filters.exclude else None

    def sift(self, rows: Rows) -> Sifted:
        """Return the rows that count."""
        reason = self._reasons(rows)
        left, known = LeftOut(), rows.end[rows.end != NO_TIME]
        inside = known[self._inside(known)]
        begin, end = (int(inside.min()), int(inside.max())) if len(inside) else (None, None)
        if not reason.any():
            return Sifted(rows, left, begin, end)
        self._count(rows, reason, left)
        return Sifted(_kept(rows, reason), left, begin, end)

    def incidents(self, found: Sequence[Incident], backends: Sequence[Backend]) -> list[Incident]:
        """Return what the log says beside its statements, without what belongs to those that are left out."""
        people = {backend.session.decode("utf-8", "replace"): backend for backend in backends}
        return [one for one in found if isinstance(one, SettingMessage) or self._fits(one, people.get(one.session))]

    def _fits(self, incident: Incident, backend: Backend | None) -> bool:
        end = getattr(incident, "end", None)
        text = getattr(incident, "text", None)
        user, application = (backend.user, backend.application) if backend else (b"", b"")
        if isinstance(incident, ConnectionMessage):
            user, application = (incident.user or "").encode() or user, (incident.application or "").encode()
        if end is not None and not self._inside(np.array([round(end * 1e6)]))[0]:
            return False
        if (self.users and user not in self.users) or (self.applications and application not in self.applications):
            return False
        return not (text and self.excluded and self.excluded(text.encode()))

    def _inside(self, times: Times) -> NDArray[np.bool_]:
        inside = np.ones(len(times), dtype=bool)
        if self.begin is not None:
            inside &= times >= self.begin
        if self.end is not None:
            inside &= times < self.end
        return inside

    def _reasons(self, rows: Rows) -> NDArray[np.int8]:
        """Return the number of each row's reason to be left out, 0 for none."""
        reason = np.zeros(len(rows.text), dtype=np.int8)
        if self.begin is not None or self.end is not None:
            reason[rows.end == NO_TIME] = NUMBER[NO_TIME_KNOWN]
        if self.begin is not None:
            reason[(reason == 0) & (rows.end < self.begin)] = NUMBER[BEFORE]
        if self.end is not None:
            reason[(reason == 0) & (rows.end >= self.end)] = NUMBER[AFTER]
        if (self.users or self.applications) and len(rows.backends):
            of_backend = np.array([self._person(backend) for backend in rows.backends], dtype=np.int8)
            reason = np.where(reason == 0, of_backend[rows.backend], reason)
        if self.excluded is not None:
            for row in np.flatnonzero(reason == 0).tolist():
                if self.excluded(rows.text[row]):
                    reason[row] = NUMBER[EXCLUDED]
        return reason

    def _person(self, backend: Backend) -> int:
        """Return the number of the reason why all that a backend ran is left out."""
        if self.users and backend.user not in self.users:
            return NUMBER[OTHER_USER if backend.user else NO_USER]
        if self.applications and backend.application not in self.applications:
            return NUMBER[OTHER_APPLICATION if backend.application else NO_APPLICATION]
        return 0

    def _count(self, rows: Rows, reason: NDArray[np.int8], left: LeftOut) -> None:
        """Count the executions that are left out."""
        out = (rows.role == RUN) & (reason > 0)
        for number, executions in enumerate(np.bincount(reason[out], minlength=len(REASONS)).tolist()):
            if executions:
                left.add(REASONS[number], executions)
        for number in np.unique(rows.backend[out & np.isin(reason, [NUMBER[OTHER_USER], NUMBER[OTHER_APPLICATION]])]):
            person = rows.backends[number]
            why = REASONS[self._person(person)]
            left.add(why, 0, (person.user if why == OTHER_USER else person.application).decode("utf-8", "replace"))
        durations = rows.duration[out & (rows.duration >= 0)]
        if len(durations):
            left.durations = Counter(buckets(durations).tolist())
            left.fastest = int(durations.min())


def _kept(rows: Rows, reason: NDArray[np.int8]) -> Rows:
    """Return the rows that count, and those left out that tell where transactions end and what sessions set."""
    role = rows.role.copy()
    for row in np.flatnonzero((reason > 0) & (rows.role == RUN)).tolist():
        if FOLLOWED.match(rows.text[row]):
            role[row] = FRAME if reason[row] == NUMBER[EXCLUDED] else LEFT_OUT
    keep = np.flatnonzero((reason == 0) | (role >= LEFT_OUT))
    row_of = {old: new for new, old in enumerate(keep.tolist())}
    return replace(
        rows,
        text=[rows.text[row] for row in row_of],
        role=role[keep],
        end=rows.end[keep],
        duration=rows.duration[keep],
        backend=rows.backend[keep],
        vxid=[rows.vxid[row] for row in row_of],
        parameters={row_of[row]: value for row, value in rows.parameters.items() if row in row_of},
        returned={row_of[row]: value for row, value in rows.returned.items() if row in row_of},
        errors={row_of[row]: value for row, value in rows.errors.items() if row in row_of},
    )
