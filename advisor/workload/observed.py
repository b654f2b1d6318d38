"""What a log shows besides its queries: repeated reads, connections, waits and spills.

Durations are milliseconds, times are seconds since the Unix epoch (UTC), sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

Count = Annotated[int, Meta(ge=0)]
"""A number of things; a workload file with fewer than none is refused at the door."""
Sessions = Annotated[float, Meta(ge=0)]
"""Sessions at work, as a mean."""


@dataclass(frozen=True, slots=True)
class CacheRate:
    """The hit rate a cache of one query's results would have had on the captured executions."""

    entries: int | None
    """Results it holds, the least recently used leaving first; `None` for as many as there are."""
    ttl_s: float
    """Seconds after which a result counts as stale, from the moment it was stored."""
    hit_rate: float


@dataclass(frozen=True, slots=True)
class Reuse:
    """How often a query was run with exactly the same values again."""

    query: str
    executions: float
    distinct: float
    """Different value vectors."""
    rates: tuple[CacheRate, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Transactions of one application that sat idle: open, with no statement running."""

    application: str | None
    transactions: int
    """Explicit transactions seen."""
    idle: int
    """Those idle for more than a second in all."""
    idle_ms: float
    longest_ms: float
    """The most that one transaction idled."""


@dataclass(frozen=True, slots=True)
class Connections:
    """How connections were opened and used."""

    opened: Count
    """Connections authorised; 0 when the log does not say (`log_connections`)."""
    closed: Count
    median_life_s: float | None
    short: Count
    """Connections that lived less than a second."""
    peak: Count
    """Most open at once, of those whose beginning was seen."""
    begin: float
    end: float
    busy: tuple[Sessions, Sessions, Sessions]
    """Sessions in a statement or transaction, as the mean of each second with any work: median, p95, max."""
    units: Count
    """Units of work seen."""
    at_once: Count = 0
    """Most sessions in a statement or transaction at one instant; 0 where a capture was made without looking."""
    by_application: tuple[tuple[str | None, int], ...] = ()
    """Connections opened by each application or user, most first."""
    held: tuple[Held, ...] = ()

    @property
    def opened_per_second(self) -> float:
        """Return connections opened a second, over the captured time."""
        return self.opened / max(self.end - self.begin, 1.0)


@dataclass(frozen=True, slots=True)
class Incident:
    """Lock waits or temporary files of one query, summed."""

    kind: Literal["lock-wait", "temporary-file"]
    query: str | None
    """Id of the query, `None` when the log did not say which."""
    count: int
    total: float
    """Milliseconds waited, or bytes written."""
    largest: float
    relation: str | None = None
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class UnitSizes:
    """How many statements the units of work of one place in an application ran, of those that ran ten or more.

    Only units that a transaction or a trace bounds are counted.
    """

    application: str | None
    tags: Mapping[str, str]
    statements: tuple[tuple[int, int], ...]
    """Statements in a unit, and units of that size; rising."""
    others: tuple[tuple[int, int], ...]
    """The same with each statement counted once that makes up a fifth of its unit."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one application, or one value of a tag in comments, ran."""

    tag: str | None
    """Name of the tag; `None` for an application."""
    value: str
    """Empty for sessions without an application's name."""
    calls: float
    total_ms: float
