"""What a change really does: every statement run on the loaded server before and after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from benchmarks.gate.change import Change
from benchmarks.gate.shop import Statement

OWNER = "app"
RUNS = 3
DEARER, MILLISECONDS = 2.0, 0.3
"""A statement regressed when it takes this many times the time and effort, and this much longer."""
SAME, PAGES = 1.3, 6.0
"""It did not when its effort is at most this many times, or this many pages, more."""
NEW_SLOW, NEW_FAST = 3.0, 0.6
"""Milliseconds from which a new statement is one that somebody should have looked at, and up to which it is not."""
TRIGGER = 1.0
"""Milliseconds of triggers that count."""

Truth = Literal["regression", "harmless", "unclear"]


@dataclass(frozen=True)
class Run:
    """One statement as it ran."""

    milliseconds: float
    effort: float
    """Pages touched, and a fiftieth of the rows that went through nodes."""
    triggers: float
    error: str | None = None


def types_of(connection: psycopg.Connection, statements: Sequence[Statement]) -> dict[str, tuple[str, ...]]:
    """Return the types that the server gives the parameters of each text: what a driver binds from then on."""
    found = {}
    for statement in statements:
        connection.execute(f"PREPARE t AS {statement.text}".encode())
        row = connection.execute(
            "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 't'"
        ).fetchone()
        assert row
        found[statement.text] = tuple(row[0])
        connection.execute("DEALLOCATE t")
    return found


def run(
    connection: psycopg.Connection, statement: Statement, types: Mapping[str, tuple[str, ...]], *, bound: bool
) -> Run:
    """Run a statement a few times, undone each time, and return the fastest; an error is the server's words."""
    sent = statement.literal
    try:
        if bound and statement.values:
            declared = types.get(statement.text)
            listed = f" ({', '.join(declared)})" if declared else ""
            connection.execute("DEALLOCATE ALL")
            connection.execute(f"PREPARE s{listed} AS {statement.text}".encode())
            sent = f"EXECUTE s ({', '.join(statement.values)})"
        return min((_once(connection, sent) for _ in range(RUNS)), key=lambda one: one.milliseconds)
    except psycopg.errors.QueryCanceled:
        return Run(5_000, 1e6, 0)
    except psycopg.Error as error:
        return Run(0, 0, 0, str(error).split("\n")[0])


def _once(connection: psycopg.Connection, sent: str) -> Run:
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL jit = off")
        connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        connection.execute("SET LOCAL statement_timeout = '5s'")
        row = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sent}".encode()).fetchone()
    assert row
    told = row[0][0] if not isinstance(row[0], str) else json.loads(row[0])[0]
    root = told["Plan"]
    pages = root.get("Shared Hit Blocks", 0) + root.get("Shared Read Blocks", 0)
    triggers = sum(one.get("Time", 0.0) for one in told.get("Triggers", ()))
    return Run(told["Execution Time"], pages + _rows(root) / 50, triggers)


def _rows(node: Mapping[str, Any]) -> float:
    removed = sum(node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Join Filter", "Index Recheck"))
    own: float = (node.get("Actual Rows", 0) + removed) * node.get("Actual Loops", 1)
    return own + sum(map(_rows, node.get("Plans", ())))


def judge(before: Run | None, after: Run) -> Truth:
    """Return what happened to one statement; a new one is judged by its time alone."""
    if after.error is not None:
        return "unclear" if before is not None and before.error is not None else "regression"
    if before is None:
        if after.milliseconds >= NEW_SLOW:
            return "regression"
        return "harmless" if after.milliseconds <= NEW_FAST else "unclear"
    slower = after.milliseconds >= DEARER * before.milliseconds + MILLISECONDS
    harder = after.effort >= DEARER * before.effort or after.triggers >= before.triggers + TRIGGER
    if slower and harder:
        return "regression"
    same = after.effort <= max(SAME * before.effort, before.effort + PAGES)
    return "harmless" if same and after.triggers < before.triggers + TRIGGER / 2 else "unclear"


def overall(found: Mapping[str, Truth]) -> Truth:
    """Return what a change is, given what each statement became."""
    if "regression" in found.values():
        return "regression"
    return "unclear" if "unclear" in found.values() else "harmless"


def make(connection: psycopg.Connection, change: Change, revisions: Sequence[Sequence[str]]) -> None:
    """Make a change on a loaded database, as its owner, and let autovacuum's work be done."""
    connection.execute(f"SET SESSION AUTHORIZATION {OWNER}".encode())
    for statement in [one for revision in revisions for one in revision]:
        connection.execute(statement.encode())
    connection.execute("RESET SESSION AUTHORIZATION")
    for statement in change.data:
        connection.execute(statement.encode())
    if revisions:
        connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")


def become_owner(connection: psycopg.Connection) -> None:
    """Act as the application: as its role, with the settings that the role has here."""
    rows = connection.execute(
        "SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.datname = current_database()"
        " WHERE setrole = %s::regrole AND setdatabase IN (0, d.oid) ORDER BY setdatabase",
        [OWNER],
    ).fetchall()
    for (entry,) in rows:
        name, _, value = entry.partition("=")
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    connection.execute(f"SET SESSION AUTHORIZATION {OWNER}".encode())
