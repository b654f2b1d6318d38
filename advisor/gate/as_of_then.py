"""Plans an accepted statement as of the day its statistics are of: an ageing baseline or snapshot flips no plan.

`now()` is moved back to when the snapshot was taken, as the histograms end there. A literal date near the day of the
baseline's snapshot moves on by the days between that one and today's: it meant "lately", and means it still.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from advisor.analysis.present import marks
from advisor.gate.baseline import Baseline
from advisor.gate.planned.plans import Sent
from advisor.twin.statement import BoundStatement

NEAR = timedelta(days=35)
"""How far from the day of the snapshot a literal may lie that means "lately"."""
OLD = timedelta(days=30)
"""Age from which a snapshot is said to be old."""
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)((?:[T ].*)?)", re.DOTALL)
_PRESENT = re.compile(r"(?i)\b(now|transaction_timestamp|current_timestamp|localtimestamp|current_date)\b")


@dataclass(frozen=True, slots=True)
class Clock:
    """The days that count."""

    accepted: date | None
    """When the snapshot was taken that the baseline was accepted on."""
    captured: datetime | None
    """When today's was taken."""
    now: datetime

    @property
    def later(self) -> timedelta:
        """Return the whole days between the two snapshots."""
        if self.accepted is None or self.captured is None:
            return timedelta()
        return timedelta(days=(self.captured.date() - self.accepted).days)

    @property
    def ago(self) -> timedelta:
        """Return how long ago today's snapshot was taken."""
        return max(self.now - self.captured, timedelta()) if self.captured else timedelta()


def moment(text: str | None) -> datetime | None:
    """Return when a snapshot was taken, from ISO 8601; `None` where that does not tell."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def clock_of(accepted: str | None, captured: datetime | None, now: datetime) -> Clock:
    """Return the clock for what was accepted on a snapshot of the day `accepted`."""
    day = moment(accepted)
    return Clock(day.date() if day else None, captured, now)


def stale(captured: str | None) -> tuple[str, ...]:
    """Return a note on a snapshot that was taken more than a month ago, else nothing."""
    taken, now = moment(captured), datetime.now(UTC)
    if taken is None or now - taken < OLD:
        return ()
    days = (now - taken).days
    return (f"the snapshot was taken on {taken.date()}, {days} days ago: sizes and statistics are of that day",)


def moving(accepted: Baseline | None, captured: str | None) -> Sent:
    """Return what moves the literals of accepted statements on to the day of another snapshot, to be accepted anew."""
    taken = moment(captured)

    def moved(key: str, bound: BoundStatement) -> BoundStatement:
        query = accepted.queries.get(key) if accepted else None
        if query is None or taken is None:
            return bound
        return as_of(bound, clock_of(query.captured, taken, taken), accepted=True)

    return moved


def as_of(statement: BoundStatement, clock: Clock, *, accepted: bool) -> BoundStatement:
    """Return the statement to plan; literals move only in an `accepted` one, those of the merge are of today."""
    text = _text(statement.text, clock, move=accepted)
    values = statement.parameters
    if accepted and clock.later and values is not None:
        values = tuple(None if one is None else _moved(one, clock) for one in values)
    return replace(statement, text=text, parameters=values)


def _text(text: str, clock: Clock, *, move: bool) -> str:
    moves = move and bool(clock.later) and "'" in text
    if not moves and not (clock.ago and _PRESENT.search(text)):
        return text
    for mark in reversed(marks(text)):
        said = text[mark.start : mark.end]
        if mark.present and clock.ago:
            said = _back(said, mark.present, clock)
        elif moves and not mark.present:
            said = f"'{_moved(said[1:-1], clock)}'"
        text = text[: mark.start] + said + text[mark.end :]
    return text


def _back(said: str, present: str, clock: Clock) -> str:
    """Return an expression for the present as of the snapshot: stable, as the present is, so that plans stay alike."""
    if present == "current_date":
        return f"({said} - {clock.ago.days})"
    return f"({said} - interval '{int(clock.ago.total_seconds())} seconds')"


def _moved(value: str, clock: Clock) -> str:
    """Return a literal, moved on where it is a date near the day of the accepted snapshot."""
    found = _DATE.fullmatch(value)
    if found is None or clock.accepted is None:
        return value
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return value
    return (day + clock.later).isoformat() + found[2] if abs(day - clock.accepted) <= NEAR else value
