"""What to write instead of a loop, for each library, with the real names filled in; words where it has no such line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from advisor.rules.context import RuleContext
from advisor.rules.loops.library_names import names, through
from advisor.rules.loops.problems import Problem
from advisor.rules.loops.repeated_query import WRITES
from advisor.rules.loops.stack import Stack

Situation = Literal["one", "many", "count", "insert", "update", "delete", "deferred", "sql"]
"""`deferred`: columns of a row that was read already; `sql`: what no library says in one line (the first rows of each
parent, several keys, a type and an id, other aggregates), so that only the statement is shown."""
_WORDS: Mapping[Situation, str] = {
    "one": "join {child} to the query that reads {parent}, or read the rows of all keys at once",
    "many": "read the rows of all keys at once",
    "count": "count for all keys at once, grouped by {key}",
    "insert": "insert all rows with one statement over arrays, or with COPY",
    "update": "update all rows with one statement over arrays",
    "delete": "delete the rows of all keys with one statement",
    "deferred": "read these columns of {child} with the query that reads its rows",
    "sql": "do for all keys at once, in one statement, what each round does for one",
}


def situation(problem: Problem, context: RuleContext) -> Situation:
    """Return which of the remedies applies."""
    child = problem.child
    if child.kind in WRITES:
        return _written(problem)
    features = context.shapes[problem.query].features
    if child.kind == "aggregate":
        return "count" if "count-star" in features and len(child.key) == 1 and problem.parent else "sql"
    same = problem.parent is not None and problem.parent.table == child.table
    if same and child.unique:
        return "deferred"
    several = child.kind in ("polymorphic", "composite") or len(child.key) != 1
    first = child.shape.limit is not None and not child.unique
    if problem.parent is None or same or several or first or features & {"aggregate", "distinct", "group-by"}:
        return "sql"
    if through(problem, context):
        return "many"
    return "one" if problem.parent.relation.to_one else "many"


def _written(problem: Problem) -> Situation:
    child = problem.child
    if child.kind == "insert":
        return "insert"
    if child.kind == "delete":
        return "delete" if len(child.key) == 1 else "sql"
    return "update" if child.key == child.table.primary_key and len(child.key) == 1 else "sql"


def remedy(problem: Problem, stack: Stack, context: RuleContext) -> str:
    """Return the code to write instead, for this library, with these tables' names; words where it has none."""
    found = situation(problem, context)
    known = remedies().get(stack, {})
    filled = names(problem, context, stack)
    if found not in known:
        return filled.fill(_WORDS[found])
    note = known.get(f"{found}_note")
    return filled.fill(known[found]) + (f"\n({filled.fill(note)})" if note else "")


def speaks(problem: Problem, stack: Stack, context: RuleContext) -> bool:
    """Return whether the library has code of its own for the problem."""
    return situation(problem, context) in remedies().get(stack, {})


@cache
def remedies() -> Mapping[str, Mapping[str, str]]:
    """Return the templates of `remedies.toml`, by library and situation."""
    return tomllib.loads(files("advisor.rules.loops").joinpath("remedies.toml").read_text(encoding="utf-8"))
