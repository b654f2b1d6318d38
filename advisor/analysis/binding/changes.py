"""Binding statements that write: INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

from advisor.analysis.binding.bind import bind
from advisor.analysis.binding.conditions import add_conditions
from advisor.analysis.binding.queries import STATEMENTS, select, targets, with_clause
from advisor.analysis.binding.relations import add_from
from advisor.analysis.binding.scope import Scope, Source, table_source
from advisor.analysis.binding.state import Domain, Level, Relation, Role, State
from advisor.analysis.expression import Special
from advisor.analysis.parse import Node
from advisor.catalog.index import quote_identifier


def _target(state: State, scope: Scope, node: Node, role: Role) -> Relation | None:
    """Bind the table that is written; `None` when it is not known. A view stands for the one table behind it."""
    first = len(state.relations)
    state.target = role
    add_from(state, scope, {"RangeVar": node}, scope.domain)
    state.target = "read"
    found = [relation for relation in state.relations[first:] if relation.table is not None]
    for relation in found[:1]:
        relation.role = role
    return found[0] if found else None


def _begin(state: State, scope: Scope, node: Node, *, visits: bool = True) -> Level:
    """Begin the level of a statement that writes.

    `visits`: it goes to the rows it joins with, too, as it may have to look at them again after a concurrent change.
    """
    level = state.level(scope.depth, scope.domain)
    level.locking = visits
    scope.level = level
    with_clause(state, scope, node)
    return level


def _returning(state: State, scope: Scope, level: Level, node: Node) -> None:
    if "returningClause" in node:
        state.features.add("returning")
        scope.sources += _versions(state, scope, node["returningClause"])
        level.targets = targets(state, scope, node["returningClause"].get("exprs"))


def _versions(state: State, scope: Scope, clause: Node) -> list[Source]:
    """Return the sources by which RETURNING names a row before and after the change (18)."""
    written = [relation for relation in state.relations if relation.role != "read" and relation.domain is scope.domain]
    if not written:
        return []
    given = {option["ReturningOption"].get("option"): option["ReturningOption"].get("value", "")
             for option in clause.get("options", ())}  # fmt: skip
    aliases = (given.get("RETURNING_OPTION_OLD", "old"), given.get("RETURNING_OPTION_NEW", "new"))
    columns = table_source(state, written[0]).columns
    return [Source(alias, columns, hidden=True) for alias in aliases]


def _assign(state: State, scope: Scope, level: Level, nodes: list[Node], relation: Relation | None) -> None:
    """Bind `SET column = value` items."""
    for node in nodes:
        fields = node["ResTarget"]
        if "val" in fields:
            level.extra.append(bind(state, scope, fields["val"]))
        if relation is not None:
            relation.written.add(fields.get("name", ""))


def insert(state: State, scope: Scope, node: Node) -> Level:
    """Bind an INSERT; the level returned is that of its rows, where there is a query for them."""
    level = _begin(state, scope, node, visits=False)
    relation = _target(state, scope, node["relation"], "insert")
    columns = [item["ResTarget"].get("name", "") for item in node.get("cols", ())]
    if relation is not None and relation.table is not None:
        relation.written.update(columns or [column.name for column in relation.table.columns if not column.generated])
    rows = node.get("selectStmt", {}).get("SelectStmt")
    if rows is not None:
        _rows(state, scope, rows)
    if "onConflictClause" in node:
        _on_conflict(state, scope, level, node["onConflictClause"], relation)
    _returning(state, scope, level, node)
    return level


def _rows(state: State, scope: Scope, node: Node) -> None:
    inside = Scope(Domain("inner"), scope.depth, scope.without_sources())
    select(state, inside, node)
    count = state.values_rows = len(_values_of(node))
    if count > 1:
        state.features.add("multi-row-values")
    elif count == 1:
        state.features.add("single-row-values")
    elif "fromClause" in node or node.get("op", "SETOP_NONE") != "SETOP_NONE":
        state.features.add("insert-select")


def _values_of(node: Node) -> list[Node]:
    """Return the rows of a VALUES list, also of one that a driver wrapped: `SELECT … FROM (VALUES …) AS v`."""
    tables = node.get("fromClause", [])
    inner = tables[0].get("RangeSubselect", {}).get("subquery", {}).get("SelectStmt", {}) if len(tables) == 1 else {}
    rows: list[Node] = node.get("valuesLists") or inner.get("valuesLists") or []
    return rows


def _on_conflict(state: State, scope: Scope, level: Level, node: Node, relation: Relation | None) -> None:
    state.features.add("on-conflict")
    if node.get("action") == "ONCONFLICT_UPDATE":
        state.features.add("on-conflict-update")
    if relation is not None and relation.table is not None:
        given = {column.name: Special((f"excluded.{quote_identifier(column.name)}",), ())
                 for column in relation.table.columns}  # fmt: skip
        scope.sources.append(Source("excluded", given, hidden=True))
    else:
        scope.sources.append(Source("excluded", {}, complete=False))
    _assign(state, scope, level, node.get("targetList", []), relation)
    if "whereClause" in node:
        level.extra.append(bind(state, scope, node["whereClause"]))


def update(state: State, scope: Scope, node: Node) -> Level:
    """Bind an UPDATE."""
    level = _begin(state, scope, node)
    relation = _target(state, scope, node["relation"], "update")
    for table in node.get("fromClause", ()):
        add_from(state, scope, table, scope.domain)
    _assign(state, scope, level, node.get("targetList", []), relation)
    add_conditions(state, scope, node.get("whereClause"))
    _returning(state, scope, level, node)
    return level


def delete(state: State, scope: Scope, node: Node) -> Level:
    """Bind a DELETE."""
    level = _begin(state, scope, node)
    _target(state, scope, node["relation"], "delete")
    for table in node.get("usingClause", ()):
        add_from(state, scope, table, scope.domain)
    add_conditions(state, scope, node.get("whereClause"))
    _returning(state, scope, level, node)
    return level


def merge(state: State, scope: Scope, node: Node) -> Level:
    """Bind a MERGE: its source joined to the target, which is the nullable side where rows may be inserted."""
    level = _begin(state, scope, node)
    clauses = [item["MergeWhenClause"] for item in node.get("mergeWhenClauses", ())]
    inserts = any(clause.get("matchKind") == "MERGE_WHEN_NOT_MATCHED_BY_TARGET" for clause in clauses)
    orphans = any(clause.get("matchKind") == "MERGE_WHEN_NOT_MATCHED_BY_SOURCE" for clause in clauses)
    domain = scope.domain.within("full" if orphans else "left") if inserts or orphans else scope.domain
    holder = scope.sibling(domain)
    relation = _target(state, holder, node["relation"], "merge")
    scope.sources += holder.sources
    add_from(state, scope, node["sourceRelation"], scope.domain)
    inside = scope.sibling(domain)
    if orphans:
        domain.joined.append(bind(state, inside, node["joinCondition"]))
    else:
        add_conditions(state, inside, node["joinCondition"])
    for clause in clauses:
        _when(state, scope, level, clause, relation)
    _returning(state, scope, level, node)
    return level


def _when(state: State, scope: Scope, level: Level, clause: Node, relation: Relation | None) -> None:
    _assign(state, scope, level, clause.get("targetList", []), relation)
    level.extra += [bind(state, scope, value) for value in clause.get("values", ())]
    if "condition" in clause:
        level.extra.append(bind(state, scope, clause["condition"]))


STATEMENTS.update({"InsertStmt": insert, "UpdateStmt": update, "DeleteStmt": delete, "MergeStmt": merge})
