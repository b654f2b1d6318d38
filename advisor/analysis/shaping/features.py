"""Features: facts about a whole statement that rules ask for, in kebab case.

Clauses and calls note theirs while they are bound; what needs the finished shape is found here: how conditions treat
columns, and whether anything bounds the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.analysis.binding.state import Level, Relation, State
from advisor.analysis.expression import Call, Expression, Operation, Placeholder, occurrences, walk
from advisor.analysis.shape import Constant, Predicate, TableShape
from advisor.analysis.shaping.domains import group
from advisor.catalog.index import quote_identifier

FEATURES = {
    "advisory-lock": "takes an advisory lock",
    "aggregate": "an aggregate function, at any level",
    "any-of-array-column": "`value = ANY (column)`, which no index serves",
    "anti-join": "NOT EXISTS that the planner joins",
    "cast-on-column": "the text casts a column before comparing it",
    "correlated-subquery": "a subquery that is run again for each outer row",
    "copy": "COPY (SELECT …)",
    "count-star": "count(*)",
    "create-as": "CREATE TABLE AS, or a materialised view",
    "cte": "WITH",
    "current-time": "now() and the like",
    "currval": "currval() or lastval()",
    "cursor": "DECLARE … CURSOR",
    "data-modifying-cte": "WITH query that changes data",
    "dblink": "asks another server",
    "distinct": "DISTINCT",
    "distinct-on": "DISTINCT ON",
    "except": "EXCEPT",
    "except-all": "EXCEPT ALL",
    "explain": "EXPLAIN",
    "for-share": "FOR SHARE or FOR KEY SHARE",
    "for-update": "FOR UPDATE or FOR NO KEY UPDATE",
    "function-on-column": "a function of a column is compared, not the column",
    "group-by": "GROUP BY",
    "grouping-sets": "ROLLUP, CUBE or GROUPING SETS",
    "having": "HAVING",
    "implicit-cast-on-column": "the server casts a column because the types differ",
    "insert-select": "INSERT … SELECT from a table or function",
    "intersect": "INTERSECT",
    "intersect-all": "INTERSECT ALL",
    "lateral": "LATERAL subquery",
    "leading-wildcard": "LIKE or ILIKE that begins with a wildcard",
    "limit": "LIMIT at the top",
    "multi-row-values": "INSERT of several rows",
    "nextval": "takes a number of a sequence",
    "no-condition": "UPDATE or DELETE of every row",
    "not-in-nullable": "NOT IN (SELECT …) whose column may be NULL",
    "not-in-subquery": "NOT IN (SELECT …)",
    "notify": "NOTIFY",
    "nowait": "row locks with NOWAIT",
    "offset": "OFFSET at the top",
    "on-conflict": "ON CONFLICT",
    "on-conflict-update": "ON CONFLICT DO UPDATE",
    "or-over-columns": "OR over different columns of one table",
    "or-over-tables": "OR over columns of several tables",
    "order-by": "ORDER BY at the top",
    "order-by-random": "ORDER BY random()",
    "parameterised-offset": "OFFSET $n",
    "prepare": "PREPARE",
    "random": "random()",
    "random-uuid": "gen_random_uuid()",
    "recursive-cte": "WITH RECURSIVE that mentions itself",
    "returning": "RETURNING",
    "row-comparison": "(a, b) > (x, y): keyset paging",
    "select-star": "`*` in the output at the top",
    "semi-join": "EXISTS or IN (SELECT …) that the planner joins",
    "session-value": "current_setting(), current_user and the like: another session gets another result",
    "set-config": "set_config()",
    "single-row-values": "INSERT of one row",
    "skip-locked": "row locks with SKIP LOCKED",
    "sleep": "pg_sleep()",
    "subquery": "a subquery in an expression",
    "system-catalog": "reads the system catalog",
    "tablesample": "TABLESAMPLE",
    "unknown-function": "calls a function of a user's or an extension's that is not IMMUTABLE: it may read anything",
    "unbounded": "SELECT whose rows nothing limits: no LIMIT, no single aggregate, no unique key",
    "unfiltered": "`unbounded`, and without any condition but joins",
    "union": "UNION",
    "union-all": "UNION ALL",
    "view": "reads a view",
    "window": "a window function",
    "with-ties": "FETCH FIRST … WITH TIES",
}
"""Every feature and what it means."""
_CALL = re.compile(r'\(*(?:[\w"]+\.)?[\w"]+\(')
TAKEN_ROW_BY_ROW = frozenset({"cursor", "copy", "create-as"})
"""Statements whose client does not hold the whole result."""
FIXED = ("equality", "null", "boolean")
"""Kinds of predicates that leave one value of a column."""


def note_features(state: State, top: Level) -> None:
    """Note what the level whose rows a statement returns says as a whole."""
    features = state.features
    if top.limit is not None:
        features.add("limit")
    if top.offset is not None:
        features.add("offset")
        if any(isinstance(part, Placeholder) for part in walk(top.offset)):
            features.add("parameterised-offset")
    if any(target.star for target in top.targets):
        features.add("select-star")
    if top.sort:
        features.add("order-by")
        if any(isinstance(key.expression, Call) and key.expression.name[-1] == "random" for key in top.sort):
            features.add("order-by-random")


def condition_features(tables: tuple[TableShape, ...]) -> Iterator[str]:
    """Yield what the conditions of a statement do that an index on the bare column cannot serve."""
    for table in tables:
        alternatives: dict[int, set[str]] = {}
        for one in table.predicates:
            yield from _predicate_features(one)
            if one.disjunction is not None:
                alternatives.setdefault(one.disjunction, set()).add(one.term.expression)
        if any(len(terms) > 1 for terms in alternatives.values()):
            yield "or-over-columns"
        if table.role in ("update", "delete") and not table.predicates and not table.joins:
            yield "no-condition"


def _predicate_features(one: Predicate) -> Iterator[str]:
    if one.operator in ("~~", "~~*") and _leading_wildcard(one):
        yield "leading-wildcard"
    if one.row:
        yield "row-comparison"
    if one.cast is not None and one.term.expression.startswith(f"({quote_identifier(one.term.columns[0])}::"):
        yield "implicit-cast-on-column" if one.implicit_cast else "cast-on-column"
    elif one.cast is None and one.term.column is None and one.kind != "other" and _CALL.match(one.term.expression):
        yield "function-on-column"
    if one.kind == "other" and " = ANY (" in one.term.expression:
        yield "any-of-array-column"


def _leading_wildcard(one: Predicate) -> bool:
    operand = one.operands[0] if one.operands else None
    if isinstance(operand, Constant):
        return (operand.value or "").startswith(("%", "_"))
    return one.kind == "infix" and one.operator == "~~"


def bound_features(state: State, top: Level, tables: dict[int, TableShape]) -> Iterator[str]:
    """Yield `unbounded` when nothing limits the rows a SELECT returns, `unfiltered` when it has no condition at all."""
    if state.features & TAKEN_ROW_BY_ROW or top.arms or not top.domain.all_relations() or _few_rows(state, top, tables):
        return
    yield "unbounded"
    if not _filtered(state, top, set()):
        yield "unfiltered"


def _filtered(state: State, level: Level, seen: set[int]) -> bool:
    """Whether anything but joins filters a level, or the subqueries it reads (a recursive one reads itself)."""
    if level.number in seen:
        return False
    seen.add(level.number)
    domains = group(level.domain)
    if any(inner.kind not in ("left", "full") for part in domains for inner in part.inside):
        return True
    if not all(_joins_only(condition) for part in domains for condition in part.conditions):
        return True
    read = [state.relations[number].level for number in level.domain.all_relations()]
    return any(_filtered(state, leaf, seen) for inner in read if inner is not None for leaf in inner.leaves)


def _joins_only(condition: Expression) -> bool:
    return isinstance(condition, Operation) and condition.operator == "=" and len(occurrences(condition)) > 1


def _few_rows(state: State, level: Level, tables: dict[int, TableShape]) -> bool:
    """Whether a level returns few rows: it is limited, aggregates all, or fixes a unique key of a table it reads."""
    if level.limit is not None or (level.aggregated and not level.group):
        return True
    read = [number for part in group(level.domain) if part.kind != "semi" for number in part.relations]
    return not read or any(_one_row(state, state.relations[number], tables) for number in read)


def _one_row(state: State, relation: Relation, tables: dict[int, TableShape]) -> bool:
    if relation.table is None:
        return relation.level is None or (not relation.level.arms and _few_rows(state, relation.level, tables))
    fixed = {one.term.column for one in tables[relation.number].predicates
             if one.kind in FIXED and one.disjunction is None}  # fmt: skip
    keys = [one.columns for one in relation.table.constraints if one.kind in ("primary", "unique")]
    keys += [tuple(key.column or "" for key in one.definition.keys) for one in relation.table.indexes
             if one.definition.unique and one.valid and one.definition.where is None]  # fmt: skip
    return any(key and set(key) <= fixed for key in keys)
