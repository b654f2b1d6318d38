"""What an N+1 or row-by-row finding shows for itself: figures, names, masked examples, the rewritten SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.catalog.schema import Table
from advisor.rewrites.joined import joined
from advisor.rewrites.repeated_reads import read_at_once
from advisor.rewrites.repeated_writes import write_at_once
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated
from advisor.rewrites.tree_walk import whole_tree
from advisor.rules.context import RuleContext
from advisor.rules.finding import Offer
from advisor.rules.loops.problems import Problem
from advisor.rules.loops.remedies import remedy, speaks
from advisor.rules.loops.repeated_query import WRITES
from advisor.rules.loops.stack import guess_stack


def evidence(problem: Problem, context: RuleContext) -> dict[str, Any]:
    """Return the evidence of a problem; durations are milliseconds."""
    spread, first = problem.spread, problem.loops[0]
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
        "rewritten": None,
        "joined": None,
    }


def saved_ms(problem: Problem) -> float:
    """Return the time the application would save: all rounds but one, server and client's turnaround together."""
    rounds = problem.executions - problem.count
    each = sum(loop.duration_ms + loop.gap_ms * loop.executions for loop in problem.loops) / problem.executions
    return rounds * each


def repeated(problem: Problem, context: RuleContext) -> Repeated:
    """Return the loop's statement with what varied in it, and the types of its values."""
    text = context.queries[problem.query].text
    varying = frozenset(slot + 1 for loop in problem.loops for slot in loop.varying)
    types = tuple(context.parameter_types(text))
    return Repeated(text, varying, types, context.schema, problem.child.unique)


def at_once(problem: Problem, context: RuleContext) -> Rewrite | Refusal:
    """Return the statement that replaces the loop."""
    loop = repeated(problem, context)
    return write_at_once(loop) if problem.child.kind in WRITES else read_at_once(loop)


def both(problem: Problem, context: RuleContext) -> Rewrite | Refusal | None:
    """Return the parent's statement with the child joined to it, where each child is one row; `None` elsewhere."""
    parent = context.queries.get(problem.parent.query or "") if problem.parent else None
    if parent is None or problem.parent is None or problem.child.kind != "row" or problem.parent.relation.by == "rows":
        return None
    relation = problem.parent.relation
    link = dict(zip(relation.child_columns, relation.parent_columns, strict=True))
    return joined(parent.text, repeated(problem, context), link)


def offers(problem: Problem, context: RuleContext) -> tuple[Offer, ...]:
    """Return the statements that would do what the loop does."""
    found = at_once(problem, context)
    lead, after = "", ""
    if isinstance(found, Rewrite):
        numbers = ", ".join(f"${number}" for number in found.arrays)
        take = "take arrays" if len(found.arrays) > 1 else "takes an array"
        lead = f"as one statement ({numbers} {take}, one element per round)"
        after = f"({found.explanation})" if found.explanation else ""
    listed = [Offer("rewritten", lead, found, after)]
    if problem.child.kind not in WRITES and (tree := whole_tree(repeated(problem, context))) is not None:
        note = f"({tree.explanation})" if isinstance(tree, Rewrite) else ""
        listed.append(Offer("choice", "or, where each round goes on from what an earlier one found", tree, note))
    if (together := both(problem, context)) is not None:
        listed.append(Offer("joined", "or joined to the query it iterates over", together))
    return tuple(listed)


def fix(problem: Problem, context: RuleContext) -> str:
    """Return what to write instead, for the guessed library; the SQL that any of them can run is offered beside it."""
    first = problem.loops[0]
    stack, because = guess_stack(_texts(problem, context), first.tags, problem.application)
    said = remedy(problem, stack, context)
    return f"{stack} (a guess, from {because}): {said}" if speaks(problem, stack, context) else said


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
    if problem.child.kind in WRITES:
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
        "nothing but its rows": parent.relation.by == "rows",
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
