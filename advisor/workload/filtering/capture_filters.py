"""What a reading command was told to leave out, and how the moments and names of its options are written."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from advisor.errors import UsageError

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True)
class Ago:
    """A moment that many seconds before the inputs' end."""

    seconds: float


Moment = float | Ago
"""Seconds since the epoch (UTC), or relative to the end of what is read."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What counts: of each kind that is given, one must fit; empty means everything."""

    begin: Moment | None = None
    end: Moment | None = None
    users: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    """Regular expressions (RE2); a statement that one of them finds is left out."""
    tables: tuple[str, ...] = ()
    """Names of tables, with or without schema, as SQL writes them."""

    @property
    def relative(self) -> bool:
        """Return whether a moment is told from the end of the inputs."""
        return isinstance(self.begin, Ago) or isinstance(self.end, Ago)

    @property
    def by_execution(self) -> bool:
        """Return whether single executions may be left out."""
        return self != Filters(tables=self.tables)

    def settled(self, end: float | None) -> Filters:
        """Return the filters with moments in place of those told from the inputs' `end`.

        Raises `UsageError` where the end is not known, or nothing can lie between begin and end.
        """
        if self.relative and end is None:
            raise UsageError("the inputs do not tell when they end", do="give --begin and --end as dates with times")
        begin, stop = _settled(self.begin, end or 0.0), _settled(self.end, end or 0.0)
        if begin is not None and stop is not None and begin >= stop:
            raise UsageError("--begin is not before --end", do="give an earlier --begin or a later --end")
        return replace(self, begin=begin, end=stop)

    @property
    def span(self) -> tuple[float | None, float | None]:
        """Return begin and end of settled filters."""
        assert not self.relative
        return self.begin, self.end  # type: ignore[return-value]


EVERYTHING = Filters()


def _settled(moment: Moment | None, end: float) -> float | None:
    return end - moment.seconds if isinstance(moment, Ago) else moment


def moment(text: str) -> Moment:
    """Return a moment as written: `10m`, `2h`, `90s`, `1d` before the inputs' end, or a date, with or without a time.

    A time without an offset is UTC. Raises `UsageError` for anything else.
    """
    if match := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|m|h|d)\s*", text):
        return Ago(float(match[1]) * _UNITS[match[2]])
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        do = "write it as '2026-12-01 14:30', '2026-12-01T14:30:00+02:00', or 10m, 2h, 1d before the inputs' end"
        raise UsageError(f"{text!r} is no time", do=do) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
