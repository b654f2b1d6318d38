"""What a log or an export says happened: the records every reader of this package yields.

Times are seconds since the Unix epoch in UTC, durations are milliseconds, sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Protocol = Literal["simple", "extended", "prepared", "plan"]
"""How the statement reached the server: simple query, extended protocol, SQL EXECUTE, or seen by auto_explain only."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a statement, counted once whatever the protocol logged about it."""

    text: str
    """The statement, byte-exact as the server logged it, comments included."""
    end: float | None
    """When the line was written, that is, when the statement ended."""
    duration_ms: float | None
    session: str
    """Session id (`%c`), or the best substitute the log offers; unique within one capture."""
    parameters: tuple[str | None, ...] | None = None
    """Bound values as text, `None` for NULL; the field is `None` when the log holds no values or cut one short."""
    user: str | None = None
    database: str | None = None
    application: str | None = None
    client: str | None = None
    transaction: str | None = None
    """Virtual transaction id (`%v`) when it names an explicit transaction or an extended-protocol statement."""
    query_id: int | None = None
    protocol: Protocol = "simple"
    rows: int | None = None
    """Rows returned, known only from a captured plan."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """sqlcommenter and marginalia tags of this execution."""
    weight: float = 1.0
    """How many executions this one stands for when the log was sampled."""
    failed: str | None = None
    """SQLSTATE or message when the statement failed or was cancelled."""


@dataclass(frozen=True, slots=True)
class CapturedPlan:
    """A plan that auto_explain wrote, with the statement it belongs to."""

    text: str
    plan: str
    format: Literal["text", "json", "xml", "yaml"]
    duration_ms: float
    session: str
    end: float | None = None


@dataclass(frozen=True, slots=True)
class TemporaryFile:
    """A sort, hash or materialisation that spilled to disk."""

    size: int
    text: str | None
    session: str
    end: float | None = None


@dataclass(frozen=True, slots=True)
class LockWait:
    """A session that waited longer than `deadlock_timeout` for a lock."""

    waited_ms: float
    lock: str
    text: str | None
    session: str
    acquired: bool
    relation: str | None = None
    holders: tuple[str, ...] = ()
    end: float | None = None


Event = Execution | CapturedPlan | TemporaryFile | LockWait


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One row of a statement export (pg_stat_statements or a relative), under the newest column names."""

    text: str
    calls: float
    total_ms: float
    """Execution time, planning not included."""
    rows: float | None = None
    query_id: str | None = None
    user: str | None = None
    database: str | None = None
    application: str | None = None
    top_level: bool = True
    mean_ms: float | None = None
    min_ms: float | None = None
    max_ms: float | None = None
    stddev_ms: float | None = None
    plans: float | None = None
    plan_ms: float | None = None
    stats_since: float | None = None
    counters: Mapping[str, float] = field(default_factory=dict)
    """Block, WAL, JIT and temp counters under pg_stat_statements' newest names (`shared_blks_read`, …)."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Columns we do not know, kept as they came."""
