"""What an N+1 or row-by-row finding shows for itself: figures, names, masked examples, the rewritten SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.npo.child import WRITES
from advisor.rules.npo.gather import Problem
from advisor.rules.npo.remedies import remedy, situation
from advisor.rules.npo.rewrite import Rewritten, joined, rewrite
from advisor.rules.npo.stack import guess_stack


def evidence(problem: Problem, context: RuleContext) -> dict[str, Any]:
    """Return the evidence of a problem; durations are milliseconds."""
    spread, first = problem.spread, problem.loops[0]
    rewritten = rewritten_sql(problem, context)
    return {
        "application": problem.application,
        "parent_table": shown(problem.parent.table) if problem.parent else None,
        "child_table": shown(problem.child.table),
        "key_columns": list(problem.child.key),
        "executions": problem.executions,
        "loops": problem.count,
        "per_loop": {"median": spread.median, "p95": spread.p95, "max": spread.max},
        "kind": problem.child.kind,
        "parent_query": problem.parent.query if problem.parent else None,
        "child_query": problem.query,
        "named_by": _named_by(problem),
        "unit": first.unit,
        "nested": first.outer is not None,
        "sessions": max(loop.sessions for loop in problem.loops),
        "server_ms": sum(loop.duration_ms for loop in problem.loops),
        "saved_ms": saved_ms(problem),
        "turnaround_ms": first.gap_ms,
        "example": [[mask(value) for value in values] for values in first.example],
        "tags": dict(first.tags),
        "stack": guess_stack(_texts(problem, context), first.tags, problem.application)[0],
        "rewritten": rewritten.text if rewritten else None,
        "joined": joined_sql(problem, context),
    }


def saved_ms(problem: Problem) -> float:
    """Return the time the application would save: all rounds but one, server and client's turnaround together."""
    rounds = problem.executions - problem.count
    each = sum(loop.duration_ms + loop.gap_ms * loop.executions for loop in problem.loops) / problem.executions
    return rounds * each


def rewritten_sql(problem: Problem, context: RuleContext) -> Rewritten | None:
    """Return the statement that replaces the loop, `None` when no template fits."""
    return rewrite(context.queries[problem.query].text, problem.child)


def joined_sql(problem: Problem, context: RuleContext) -> str | None:
    """Return the parent's statement with the child joined to it, where each child is one row."""
    parent = context.queries.get(problem.parent.query or "") if problem.parent else None
    return joined(parent.text, problem.child, problem.parent.relation) if parent and problem.parent else None


def fix(problem: Problem, context: RuleContext) -> str:
    """Return what to write instead: for the guessed library, and as plain SQL that any of them can run."""
    first = problem.loops[0]
    stack, because = guess_stack(_texts(problem, context), first.tags, problem.application)
    said = remedy(problem, stack)
    text = f"{stack} (a guess, from {because}): {said}" if stack != "raw SQL" else said
    if found := rewritten_sql(problem, context):
        numbers = ", ".join(f"${number}" for number in found.arrays)
        take = "take arrays" if len(found.arrays) > 1 else "takes an array"
        text += f"\nas one statement ({numbers} {take}, one element per round):\n{found.text}"
    if both := joined_sql(problem, context):
        text += f"\nor joined to the query it iterates over:\n{both}"
    return text


def shown(table: Table) -> str:
    """Return a table's name as reports show it: the schema only when it is not `public`."""
    return table.name if table.schema == "public" else f"{table.schema}.{table.name}"


def title(problem: Problem, doing: str) -> str:
    """Return the finding's line: which tables, how long the loop is."""
    spread = problem.spread
    source = f" for each row of {shown(problem.parent.table)}" if problem.parent else " once per key"
    if problem.child.kind in WRITES and not problem.parent:
        source = ""
    times = f"{spread.median:g} times a loop" + (f", up to {spread.max}" if spread.max > spread.median else "")
    return f"{shown(problem.child.table)} {doing}{source}: {times}"


def cost(problem: Problem) -> str:
    """Return what the fix costs."""
    if situation(problem) in ("insert", "update", "delete"):
        return "one statement fails or succeeds as a whole: an error no longer names the row by its position"
    return "the rows of all rounds are in memory at once; keep the parent's LIMIT"


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
        "rows of the parent": parent.rows_match,
        "LIMIT of the parent": parent.limit_match,
        "IN list of the parent": parent.contained,
        "loop around the loop": parent.nested,
    }
    return [sign for sign, holds in signs.items() if holds]


def _texts(problem: Problem, context: RuleContext) -> list[str]:
    found = []
    for query_id in (problem.query, problem.parent.query if problem.parent else None):
        if query := context.queries.get(query_id or ""):
            found.append(query.samples[0].text if query.samples else query.text)
    return found
