"""Run times before and after, on data: the same statements with and without the new indexes, turn and turn about."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from advisor.capture.conninfo import connection_parameters, server_message
from advisor.errors import ProofError
from advisor.twin.plan import plan_node
from advisor.twin.statement import BoundStatement
from advisor.verify.measuring.plan_outline import Outline, outline
from advisor.verify.proof import StatementFailure, Timing

_HIDE = """
UPDATE pg_index SET indisvalid = false
FROM pg_class c
WHERE c.oid = indexrelid AND c.relname = ANY(%s::text[])
   OR c.oid = indexrelid AND indexrelid IN (
      SELECT t.relid FROM pg_class r CROSS JOIN LATERAL pg_partition_tree(r.oid) t WHERE r.relname = ANY(%s::text[]))
"""


_PLANNING_MS = 10_000
"""Longest time for one plan."""


@dataclass(slots=True)
class _Pair:
    """Measured milliseconds of one query, by side."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of measuring a set of queries: each is either timed or failed."""

    timings: tuple[Timing, ...]
    failures: tuple[StatementFailure, ...] = ()


def measure(
    url: str,
    statements: Mapping[str, Sequence[BoundStatement]],
    *,
    indexes: Sequence[str] = (),
    before_url: str | None = None,
    replaced: Sequence[str] = (),
    runs: int = 20,
    seconds: float = 20.0,
    statement_timeout_ms: int = 60_000,
) -> Measured:
    """Return the timings of the queries, in the order of `statements`, measured at the client.

    `url` is a throw-away copy that holds data and the new indexes. `before` is the same database with `indexes` hidden
    from the planner (this needs a superuser, and happens in transactions that are rolled back), or the database at
    `before_url`. `replaced` are old indexes to be hidden in `after`, where they still exist. Both sides are warmed and
    then measured alternately; every statement runs in a transaction that is rolled back. A query is run `runs` times
    on each side, fewer when its share of the `seconds` left is used up, but never less than once. Statements without
    values (basis `generic`) cannot be run and are left out; one that fails is named among the failures. Raises
    `ProofError` when a database cannot be reached or is lost.
    """
    runnable = with_values(statements)
    with _session(before_url or url, statement_timeout_ms) as first, _session(url, statement_timeout_ms) as second:
        before = _Side(first, () if before_url else tuple(indexes))
        after = _Side(second, tuple(replaced))
        deadline = time.monotonic() + seconds
        found: list[Timing | StatementFailure] = []
        for left, (query, bounds) in zip(range(len(runnable), 0, -1), runnable.items(), strict=True):
            share = (deadline - time.monotonic()) / left
            found.append(_alternate(query, before, after, bounds, runs, share))
    timed = (one for one in found if isinstance(one, Timing))
    return Measured(tuple(timed), tuple(one for one in found if isinstance(one, StatementFailure)))


def with_values(statements: Mapping[str, Sequence[BoundStatement]]) -> dict[str, list[BoundStatement]]:
    """Return the statements that can be run, by query: those whose values are known."""
    known = {query: [bound for bound in bounds if bound.basis != "generic"] for query, bounds in statements.items()}
    return {query: bounds for query, bounds in known.items() if bounds}


def outlines(url: str, statements: Mapping[str, Sequence[BoundStatement]]) -> dict[str, tuple[Outline | None, ...]]:
    """Return how the server at `url` plans each statement of each query; `None` for what it refuses to plan."""
    with _session(url, _PLANNING_MS) as connection:
        side = _Side(connection, ())
        return {query: tuple(side.plan(bound) for bound in bounds) for query, bounds in statements.items()}


@dataclass(frozen=True, slots=True)
class _Side:
    """A connection, and the indexes that do not exist on this side."""

    connection: psycopg.Connection
    hidden: tuple[str, ...]

    def run(self, statement: BoundStatement) -> float:
        """Run a statement, fetch all of it, roll back, and return the milliseconds it took."""
        with self._as_sent(statement), psycopg.RawCursor(self.connection) as cursor:
            begin = time.perf_counter()
            cursor.execute(statement.text.encode(), statement.parameters or None)
            if cursor.description:
                cursor.fetchall()
            return (time.perf_counter() - begin) * 1000

    def plan(self, statement: BoundStatement) -> Outline | None:
        """Return the outline of a statement's plan, `None` when the server refuses it."""
        try:
            with self._as_sent(statement), psycopg.RawCursor(self.connection) as cursor:
                cursor.execute(b"EXPLAIN (FORMAT JSON) " + statement.text.encode(), statement.parameters or None)
                row = cursor.fetchone()
        except psycopg.Error:
            if self.connection.broken:
                raise ProofError("the connection to the database with data is lost") from None
            return None
        return outline(plan_node(row[0][0]["Plan"])) if row else None

    @contextmanager
    def _as_sent(self, statement: BoundStatement) -> Iterator[None]:
        """Run the block in a transaction that is rolled back, with the path, role and settings of the statement."""
        with self.connection.transaction(force_rollback=True):
            if self.hidden:
                self.connection.execute(_HIDE, (list(self.hidden), list(self.hidden)))
            if statement.search_path:
                path = sql.SQL(", ").join(map(sql.Identifier, statement.search_path))
                self.connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(path))
            self._become(statement)
            yield

    def _become(self, statement: BoundStatement) -> None:
        """Set what the session of the statement had set, and act as its role where this server has it and lets us."""
        settings = dict(statement.settings)
        if statement.role and self.connection.execute(_MAY_BECOME, (statement.role,)).fetchone():
            settings["role"] = statement.role
        for name, value in settings.items():
            self.connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))


_MAY_BECOME = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s AND pg_catalog.pg_has_role(oid, 'MEMBER')"


@contextmanager
def _session(url: str, statement_timeout_ms: int) -> Iterator[psycopg.Connection]:
    from advisor.verify.running.scratch import plain_url

    try:
        connection = psycopg.connect(plain_url(url), autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        reason = server_message(error, connection_parameters(url))
        raise ProofError(f"the database with data cannot be reached: {reason}") from None
    with connection:
        connection.execute("SELECT set_config('statement_timeout', %s, false)", (str(statement_timeout_ms),))
        yield connection


def _alternate(
    query: str, before: _Side, after: _Side, bounds: Sequence[BoundStatement], runs: int, seconds: float
) -> Timing | StatementFailure:
    pair, side = _Pair(), before
    bound = bounds[0]
    try:
        for bound in bounds:
            for side in (before, after):
                side.run(bound)
        deadline = time.monotonic() + seconds
        for turn in range(runs):
            bound = bounds[turn % len(bounds)]
            for side, times in ((before, pair.before), (after, pair.after)):
                times.append(side.run(bound))
            if time.monotonic() > deadline and turn + 1 >= len(bounds):
                break
    except psycopg.Error as error:
        if side.connection.broken:
            raise ProofError(f"the connection to the database with data is lost: {str(error).strip()}") from error
        reason = error.diag.message_primary or str(error).strip().split("\n")[0]
        return StatementFailure(query, bound.text, "before" if side is before else "after", reason)
    return _timing(query, pair)


def _timing(query: str, pair: _Pair) -> Timing:
    return Timing(
        query=query,
        executions=len(pair.after),
        before=percentiles(pair.before),
        after=percentiles(pair.after),
        total_before_ms=math.fsum(pair.before),
        total_after_ms=math.fsum(pair.after),
        lowest=(min(pair.before), min(pair.after)),
    )


def percentiles(times: Sequence[float]) -> tuple[float, float, float]:
    """Return p50, p95 and p99, interpolated as PostgreSQL's `percentile_cont` does."""
    if len(times) == 1:
        return times[0], times[0], times[0]
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]
