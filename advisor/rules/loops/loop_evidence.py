"""What every finding of a loop shows for itself (NPO001, BAT001 to BAT003)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import UNSET, UnsetType

from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.evidence import OfferEvidence, Seen, Spread
from advisor.rules.loops.problems import Problem
from advisor.rules.loops.stack import guess_stack


class LoopEvidence(OfferEvidence, frozen=True, kw_only=True):
    """One loop: which tables, how long it is, where it was seen, what it costs and what stands for its rounds."""

    application: str | None
    """As the log names it."""
    parent_table: str | None
    """The table whose rows the loop goes over."""
    child_table: str
    """The table that the loop reads or writes."""
    key_columns: list[str]
    """Columns that the loop looks up by."""
    executions: float
    """Executions within the loops."""
    loops: int
    """Loops seen."""
    per_loop: Spread
    """Executions of one loop."""
    kind: str
    """What the child does: reads a row, rows, an aggregate; writes."""
    parent_query: str | None
    """Id of the query whose rows the loop goes over."""
    child_query: str
    """Id of the repeated query."""
    named_by: list[str]
    """What speaks for the parent."""
    unit: str
    """What bounds the unit of work: a trace, a transaction, a session's pauses; several connections (`burst`, …)."""
    nested: bool
    """Whether the loop runs within another."""
    sessions: int
    """Connections over which one loop was spread."""
    server_ms: float
    """The server's time in all rounds."""
    saved_ms: float
    """What the application would save: all rounds but one, the server's time and the client's turnaround together."""
    turnaround_ms: float
    """The client's pause between two rounds."""
    seen: Seen | None
    """One example in the log; `None` where a capture of an older version did not keep it."""
    example: list[list[str | None]]
    """Outlines of the varying values of the example's first and last round."""
    tags: dict[str, str]
    """Comment tags of the statements."""
    stack: str
    """The library that the statements look like: a guess."""
    together_with: list[str] | UnsetType = UNSET
    """Other tables that the same loop reads."""
    autocommit: bool | UnsetType = UNSET
    """Whether each round was a transaction of its own."""


def evidence(problem: Problem, context: RuleContext) -> LoopEvidence:
    """Return the evidence of a problem; durations are milliseconds."""
    spread, first = problem.spread, problem.loops[0]
    return LoopEvidence(
        application=problem.application,
        parent_table=shown(problem.parent.table) if problem.parent else None,
        child_table=shown(problem.child.table),
        key_columns=list(problem.child.key),
        executions=problem.executions,
        loops=problem.count,
        per_loop=Spread(median=spread.median, p95=spread.p95, max=spread.max),
        kind=problem.child.kind,
        parent_query=problem.parent.query if problem.parent else None,
        child_query=problem.query,
        named_by=_named_by(problem),
        unit=first.unit,
        nested=first.outer is not None,
        sessions=max(loop.sessions for loop in problem.loops),
        server_ms=sum(loop.duration_ms for loop in problem.loops),
        saved_ms=saved_ms(problem),
        turnaround_ms=first.gap_ms,
        example=[[mask(value) for value in values] for values in first.example],
        tags=dict(first.tags),
        stack=guess_stack(texts_of(problem, context), first.tags, problem.application)[0],
        seen=_seen(problem),
        joined=None,
    )


def _seen(problem: Problem) -> Seen | None:
    """Return where one example of the loop stands in the log."""
    found = next((loop.seen for loop in problem.loops if loop.seen), None)
    return Seen(session=found.session, begin=_iso(found.begin), end=_iso(found.end)) if found else None


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def saved_ms(problem: Problem) -> float:
    """Return the time the application would save: all rounds but one, server and client's turnaround together."""
    rounds = problem.executions - problem.count
    each = sum(loop.duration_ms + loop.gap_ms * loop.executions for loop in problem.loops) / problem.executions
    return rounds * each


def shown(table: Table) -> str:
    """Return a table's name as reports show it: the schema only when it is not `public`."""
    return table.name if table.schema == "public" else f"{table.schema}.{table.name}"


def mask(value: str | None) -> str | None:
    """Return a value's outline: digits and letters replaced, so that no production value leaves."""
    if value is None:
        return None
    masked = "".join("9" if letter.isdigit() else "x" if letter.isalpha() else letter for letter in value)
    return masked if len(masked) <= 24 else masked[:23] + "…"


def _named_by(problem: Problem) -> list[str]:
    parent = problem.parent
    if parent is None:
        return []
    signs: Mapping[str, bool] = {
        f"foreign key {parent.relation.constraint}": parent.relation.by == "foreign-key",
        "the table's own key": parent.relation.by == "own-key",
        "names and types of the columns": parent.relation.by == "name",
        "constant type column": parent.relation.by == "type",
        "nothing but its rows": parent.relation.by == "rows",
        "rows of the parent": parent.rows_match,
        "LIMIT of the parent": parent.limit_match,
        "IN list of the parent": parent.contained,
        "loop around the loop": parent.nested,
    }
    return [sign for sign, holds in signs.items() if holds]


def texts_of(problem: Problem, context: RuleContext) -> list[str]:
    """Return the texts of the loop's statement and of its parent's, as they were sent where a log holds them."""
    found = []
    for query_id in (problem.query, problem.parent.query if problem.parent else None):
        if query := context.queries.get(query_id or ""):
            found.append(query.samples[0].text if query.samples else query.text)
    return found
