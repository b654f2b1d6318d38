"""The workload: weighted queries and the loops their units of work contain.

Durations are milliseconds, times are seconds since the Unix epoch (UTC), sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisor.capture.coverage import InputCoverage
from advisor.workload.observed import Connections, Incident, Reuse, Share, UnitSizes

SOURCE_TAGS = ("source_location", "source")
"""Comment tags that say `file:line`, as Rails' query log and our pytest plugin write them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One execution kept whole, so that the query can be planned with real values."""

    text: str
    """Byte-exact text; holds `$n` when `parameters` is given."""
    parameters: tuple[str | None, ...] | None
    duration_ms: float | None
    calls: float = 1.0
    """How many captured executions had exactly this text and these values."""
    user: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    """As in `Session`, and the application's own."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who ran a query, and what was set in the session."""

    user: str | None
    """The role that logged in; `oid N` where only its number is known."""
    settings: tuple[tuple[str, str], ...] = ()
    """What plans and the meaning of names depend on: `search_path`, `role`, planner settings, under lower-case names,
    sorted. An application's own settings (`app.tenant`) stand in the samples only."""
    calls: float = 0.0


@dataclass(frozen=True, slots=True)
class Slot:
    """What one literal or parameter of a query was, over its captured executions.

    Slots are numbered in the order in which pg_stat_statements would number them (`$1` is slot 0).
    """

    common: tuple[tuple[str | None, float], ...]
    """Most common values as text with their executions, most common first, at most 16."""
    distinct: int
    """Distinct values seen (an estimate above a few thousand)."""
    executions: float

    @property
    def constant(self) -> bool:
        """Whether every captured execution had the same value here."""
        return self.distinct == 1


@dataclass(frozen=True, slots=True)
class Query:
    """One normalised statement with its numbers."""

    id: str
    """A hash of the parse tree without values, or of the text where the parser refused it; stable across captures."""
    fingerprint: str | None
    """That hash; `None` where the parser refused the text."""
    text: str
    """Representative text with `$n` for values: what a report shows."""
    calls: float
    total_ms: float
    mean_ms: float
    rows: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    durations: tuple[tuple[int, int], ...] = ()
    """Quantile sketch (`advisor.workload.counting.sketch`): bucket and executions in it. Merging two is adding."""
    plan_ms: float | None = None
    samples: tuple[Sample, ...] = ()
    slots: tuple[Slot, ...] = ()
    database: str | None = None
    users: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    """Who ran it, most calls first, at most 32; empty where no input tells."""
    applications: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    query_ids: tuple[str, ...] = ()
    top_level: bool = True
    failed: float = 0.0
    """Executions that ended in an error; they are not among the calls."""
    cancelled: float = 0.0
    """Of these, executions that were cancelled: by a timeout, a user, a conflict with recovery."""
    errors: tuple[tuple[str, float], ...] = ()
    """Messages of the errors, without values, with how often each came."""
    plan: str | None = None
    """The plan of its slowest execution of which auto_explain wrote one, as it was written."""
    unparsed: str | None = None
    """Why pglast refused the text, when it did."""
    counters: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    """Names of the inputs it was seen in."""
    measured: Literal["log", "statements", "nominal"] = "log"
    """Where calls and times come from: a log, a statement export, or nowhere (a plain list of statements)."""


@dataclass(frozen=True, slots=True)
class LoopParent:
    """A statement that ran in the same unit of work shortly before a loop: perhaps what the loop iterates over."""

    query: str
    """Id of the parent query."""
    loops: int
    """Loops that this statement preceded."""
    statements_between: float
    """Mean number of other statements between it and the loop."""
    rows: tuple[int, ...] = ()
    """Rows it returned, one per loop where a captured plan told."""
    limit: int | None = None
    """Its LIMIT when every occurrence had the same one."""
    limit_reached: float = 0.0
    """Share of loops whose length was exactly the parent's LIMIT."""
    values_contained: float | None = None
    """Share of loop values that its own IN list held, where it had one."""
    runs: float | None = None
    """Executions of it by the loop's application in all, as logged."""


POOLED = ("burst", "spell", "relay")
"""Units of loops that go over several connections."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where an example of a loop stands in the log."""

    session: str
    """Process id or session id, as the log writes it; empty where it writes none."""
    begin: float
    end: float
    """When its first execution began and its last one ended, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Loop:
    """One query run again and again within a unit of work with varying values, summed over all units alike."""

    child: str
    """Id of the repeated query."""
    parents: tuple[LoopParent, ...]
    """Candidates for what the loop iterates over, most frequent first."""
    loops: int
    """How many times such a loop was seen."""
    executions: float
    """Executions within these loops."""
    median: float
    """Executions per loop: median."""
    p95: float
    max: int
    varying: tuple[int, ...]
    """Slots whose value varied within the loop."""
    constant: tuple[int, ...]
    distinct: float
    """Distinct values per execution within a loop, mean, between 0 and 1."""
    monotone: float
    """Share of loops in which the values of some slot only rose or only fell."""
    gap_ms: float
    """Median pause between the end of one execution and the start of the next: the client's turnaround."""
    duration_ms: float
    """Server time spent in these executions."""
    unit: Literal["trace", "transaction", "session", "burst", "spell", "relay"]
    """What bounded the unit of work: a trace or request tag, a transaction, or pauses within a session; `burst`: none,
    but the query started over several connections within a moment, with quiet before and after."""
    application: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    example: tuple[tuple[str | None, ...], ...] = ()
    """Varying values of the first and the last execution of one loop."""
    seen: Sighting | None = None
    """Where that loop stands in the log."""
    outer: str | None = None
    """Id of the child query of the enclosing loop, for nested loops."""
    sessions: int = 1
    """Sessions over which one loop was spread (1 unless a pool spread it)."""
    paced: float = 1.0
    """Share of loops whose pauses are those of one client: short, or all alike."""
    same_length: float = 0.0
    """Share of loops that had the commonest number of executions."""
    one_by_one: float = 0.0
    """Share of loops whose lists (`IN`, `= ANY`) held one value each time."""
    short_lists: float = 0.0
    """Share of loops whose lists held one value each time, or a few, now more, now fewer."""
    beside: tuple[str, ...] = ()
    """Ids of queries that stood in most rounds of most of these loops."""
    sequential: float = 0.0
    """Share of bursts in which each execution began after the one before it had ended."""
    crowded: float = 0.0
    """Share of loops that ran while the same loop ran in another session: a load, or workers."""
    elsewhere: float | None = None
    """Executions by the same application outside of these loops, as logged."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Everything captured, in one value; the input of every later stage."""

    queries: tuple[Query, ...]
    """Heaviest first (total time), ties by id."""
    loops: tuple[Loop, ...] = ()
    inputs: tuple[InputCoverage, ...] = ()
    begin: float | None = None
    end: float | None = None
    """The time the capture spans, where it is known."""
    seconds: float | None = None
    """How much of that span was really captured, where it is less than the whole."""
    notes: tuple[str, ...] = ()
    """What a reader should know before trusting the numbers: sampling, thresholds, eviction."""

    reuses: tuple[Reuse, ...] = ()
    """Queries run again with the same values, most executions first."""
    connections: Connections | None = None
    incidents: tuple[Incident, ...] = ()
    """Lock waits and temporary files, by query."""
    units: tuple[UnitSizes, ...] = ()
    """How many statements units of work ran, by application and tags."""
    shares: tuple[Share, ...] = ()
    """Calls and time by application, and by each tag in comments: applications first, then tags by name."""

    @property
    def days(self) -> float | None:
        """Length of the captured interval in days, `None` when unknown or empty."""
        if self.seconds is not None:
            return self.seconds / 86_400 or None
        if self.begin is None or self.end is None or self.end <= self.begin:
            return None
        return (self.end - self.begin) / 86_400

    def query(self, query_id: str) -> Query:
        """Return the query with this id; raises `KeyError` when there is none."""
        for query in self.queries:
            if query.id == query_id:
                return query
        raise KeyError(query_id)
