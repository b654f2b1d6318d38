"""Binding SELECT: WITH, FROM, the output list, WHERE, grouping, ordering, limits and set operations."""

from __future__ import annotations

from collections.abc import Callable

from advisor.analysis.binding.bind import bind, bind_all
from advisor.analysis.binding.calls import is_aggregate
from advisor.analysis.binding.conditions import add_conditions, conjuncts
from advisor.analysis.binding.order_items import item, ordering
from advisor.analysis.binding.relations import add_from
from advisor.analysis.binding.resolution import returns_rows
from advisor.analysis.binding.scope import Cte, Scope, Source
from advisor.analysis.binding.state import Domain, Level, Ordering, State, Target
from advisor.analysis.expression import Call, Unknown, Value, walk
from advisor.analysis.parse import Node, kind, names

MAKES_ITS_OWN_LEVEL = (
    "groupClause", "havingClause", "distinctClause", "windowClause", "valuesLists", "sortClause", "limitCount",
    "limitOffset", "lockingClause", "withClause",
)  # fmt: skip
SET_OPERATIONS = {"SETOP_UNION": "union", "SETOP_INTERSECT": "intersect", "SETOP_EXCEPT": "except"}


def flattens(select: Node) -> bool:
    """Whether the planner merges this subquery into the query around it."""
    if any(select.get(clause) for clause in MAKES_ITS_OWN_LEVEL) or select.get("op", "SETOP_NONE") != "SETOP_NONE":
        return False
    return not _computes_over_rows(select.get("targetList")) and bool(select.get("fromClause"))


def _computes_over_rows(nodes: object) -> bool:
    """Whether an output list holds an aggregate, a window function or a function that returns rows."""
    pending = [nodes]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            call = node.get("FuncCall")
            if call and ("over" in call or is_aggregate(call) or returns_rows(names(call.get("funcname"))[-1])):
                return True
            pending.extend(value for key, value in node.items() if key != "SubLink")
    return False


def flatten(state: State, scope: Scope, select: Node) -> list[Target]:
    """Bind a subquery that `flattens` into the domain of `scope`, and return its output columns."""
    for table in select.get("fromClause", ()):
        add_from(state, scope, table, scope.domain)
    found = targets(state, scope, select.get("targetList"))
    add_conditions(state, scope, select.get("whereClause"))
    return found


def select(state: State, scope: Scope, node: Node) -> Level:
    """Bind a SELECT, VALUES or set operation as a level of its own; `scope` is fresh and holds its domain."""
    level = state.level(scope.depth, scope.domain)
    scope.level = level
    with_clause(state, scope, node)
    if node.get("op", "SETOP_NONE") != "SETOP_NONE":
        _set_operation(state, scope, level, node)
    elif "valuesLists" in node:
        _values(state, scope, level, node["valuesLists"])
    else:
        _simple(state, scope, level, node)
    level.sort += [ordering(state, scope, key) for key in node.get("sortClause", ())]
    _limits(state, scope, level, node)
    return level


def with_clause(state: State, scope: Scope, node: Node) -> None:
    """Make the WITH queries of a statement visible in its scope."""
    clause = node.get("withClause", {})
    for entry in clause.get("ctes", ()):
        fields = entry["CommonTableExpr"]
        state.features.add("cte")
        define_cte(state, scope, fields, bool(clause.get("recursive")))


def define_cte(state: State, scope: Scope, fields: Node, recursive: bool) -> None:
    """Make one WITH query visible; one that changes data is bound at once, others at their first mention."""
    name = fields.get("ctename", "")
    columns = names(fields.get("aliascolnames"))
    query = fields.get("ctequery", {})
    itself = recursive and _mentions(query, name)
    materialized = fields.get("ctematerialized", "CTEMaterializeDefault")
    once = state.references.get(name, 0) <= 1 or materialized == "CTEMaterializeNever"
    inline = "SelectStmt" in query and not itself and once and materialized != "CTEMaterializeAlways"
    before = Scope(scope.domain, scope.depth, scope.parent, ctes=dict(scope.ctes), outer=scope.outer)
    cte = Cte(name, query, before, columns, inline and "lockingClause" not in query["SelectStmt"])
    cte.added = _added_columns(fields)
    scope.ctes[name] = cte
    if itself:
        state.features.add("recursive-cte")
        before.ctes[name] = cte
    if "SelectStmt" not in query:
        state.features.add("data-modifying-cte")
        cte.level = statement(state, before.child(Domain("correlated", scope.domain), scope.depth + 1), query)
        cte.targets = cte.level.targets


def _added_columns(fields: Node) -> tuple[str, ...]:
    """Return the columns that SEARCH and CYCLE add to a recursive WITH query."""
    search, cycle = fields.get("search_clause", {}), fields.get("cycle_clause", {})
    search, cycle = search.get("CTESearchClause", search), cycle.get("CTECycleClause", cycle)
    found = (search.get("search_seq_column"), cycle.get("cycle_mark_column"), cycle.get("cycle_path_column"))
    return tuple(name for name in found if name)


def statement(state: State, scope: Scope, node: Node) -> Level:
    """Bind a statement of any kind that reads or writes tables, as a level of its own."""
    which, fields = next(iter(node.items()))
    return STATEMENTS[which](state, scope, fields)


def _mentions(node: object, name: str) -> bool:
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending.extend(part)
        elif isinstance(part, dict):
            table = part.get("RangeVar")
            if table and table.get("relname") == name and "schemaname" not in table:
                return True
            pending.extend(part.values())
    return False


def _simple(state: State, scope: Scope, level: Level, node: Node) -> None:
    for table in node.get("fromClause", ()):
        add_from(state, scope, table, scope.domain)
    level.targets = targets(state, scope, node.get("targetList"))
    add_conditions(state, scope, node.get("whereClause"))
    _grouping(state, scope, level, node)
    _distinct(state, scope, level, node)
    for window in node.get("windowClause", ()):
        _window(state, scope, level, window["WindowDef"])
    if node.get("lockingClause"):
        _locking(state, level, node["lockingClause"])


def targets(state: State, scope: Scope, nodes: list[Node] | None) -> list[Target]:
    """Return the output columns of a SELECT or RETURNING list, stars expanded."""
    found: list[Target] = []
    for node in nodes or ():
        fields = node.get("ResTarget", {})
        value = fields.get("val", {})
        star = value.get("ColumnRef", {}).get("fields", [])
        if star and kind(star[-1]) == "A_Star":
            found += _star(state, scope, names(star))
        else:
            found.append(Target(fields.get("name") or _name(value), bind(state, scope, value)))
    return found


def _name(node: Node) -> str:
    """Return the name PostgreSQL gives to an output column without alias."""
    which = kind(node)
    fields: Node = node.get(which, {})
    match which:
        case "ColumnRef":
            return (names(fields.get("fields")) or ("?column?",))[-1]
        case "FuncCall":
            return names(fields.get("funcname"))[-1]
        case "TypeCast":
            inner = _name(fields.get("arg", {}))
            return inner if inner != "?column?" else names(fields.get("typeName", {}).get("names"))[-1]
        case "A_Indirection":
            last = names(fields.get("indirection"))
            return last[-1] if last else _name(fields.get("arg", {}))
        case "CollateClause":
            return _name(fields.get("arg", {}))
        case "SubLink" if fields.get("subLinkType") == "EXISTS_SUBLINK":
            return "exists"
        case "CaseExpr" | "CoalesceExpr" | "A_ArrayExpr" | "RowExpr":
            return {"CaseExpr": "case", "CoalesceExpr": "coalesce", "A_ArrayExpr": "array", "RowExpr": "row"}[which]
        case "MinMaxExpr":
            return str(fields.get("op", "IS_GREATEST")).removeprefix("IS_").lower()
    return "?column?"


def _star(state: State, scope: Scope, qualifier: tuple[str, ...]) -> list[Target]:
    """Return the columns of `*` or `table.*`."""
    current: Scope | None = scope
    while qualifier and current:
        found = [source for source in current.sources if source.alias == qualifier[-1]]
        if found:
            return _columns(state, found[0])
        current = current.parent
    if qualifier:
        state.missing(".".join(qualifier) + ".*", "no such table here")
        return []
    shown = [Target(name, value, True) for name, value in scope.merged.items()]
    for source in scope.sources:
        if not source.hidden:
            shown += [target for target in _columns(state, source) if target.name not in scope.merged]
    return shown


def _columns(state: State, source: Source) -> list[Target]:
    table = source.occurrence is not None and state.relations[source.occurrence].table is not None
    return [Target(name, value, table or name in source.stars) for name, value in source.columns.items()]


def _grouping(state: State, scope: Scope, level: Level, node: Node) -> None:
    for entry in node.get("groupClause", ()):
        sets = entry.get("GroupingSet")
        if sets is not None:
            state.features.add("grouping-sets")
            level.extra += bind_all(state, scope, _grouping_items(sets))
        else:
            level.group.append(item(state, scope, entry, names_first=False))
    if node.get("groupClause"):
        level.aggregated = True
        state.features.add("group-by")
    if "havingClause" in node:
        state.features.add("having")
        for condition in conjuncts(bind(state, scope, node["havingClause"])):
            computed = any(isinstance(part, Call) and part.aggregate for part in walk(condition))
            (level.extra if computed or not level.group else scope.domain.conditions).append(condition)


def _grouping_items(sets: Node) -> list[Node]:
    found: list[Node] = []
    for entry in sets.get("content", ()):
        found += _grouping_items(entry["GroupingSet"]) if "GroupingSet" in entry else [entry]
    return [entry for entry in found if "ival" not in entry.get("A_Const", {})]


def _distinct(state: State, scope: Scope, level: Level, node: Node) -> None:
    clause = node.get("distinctClause")
    if clause is None:
        return
    state.features.add("distinct")
    expressions = [entry for entry in clause if entry]
    level.distinct_on = bool(expressions)
    if expressions:
        state.features.add("distinct-on")
        level.distinct = [item(state, scope, entry, names_first=True) for entry in expressions]
    else:
        level.distinct = [target.expression for target in level.targets]


def _window(state: State, scope: Scope, level: Level, fields: Node) -> None:
    partition = list(bind_all(state, scope, fields.get("partitionClause")))
    order: list[Ordering] = [ordering(state, scope, key, positions=False) for key in fields.get("orderClause", ())]
    level.windows.append((partition, order))


def _locking(state: State, level: Level, clauses: list[Node]) -> None:
    level.locking = True
    for clause in clauses:
        fields = clause["LockingClause"]
        strength = fields.get("strength", "LCS_FORUPDATE")
        state.features.add("for-update" if strength in ("LCS_FORUPDATE", "LCS_FORNOKEYUPDATE") else "for-share")
        waiting = {"LockWaitSkip": "skip-locked", "LockWaitError": "nowait"}.get(fields.get("waitPolicy", ""))
        if waiting:
            state.features.add(waiting)


def _limits(state: State, scope: Scope, level: Level, node: Node) -> None:
    if "limitCount" in node:
        bound = bind(state, scope, node["limitCount"])
        level.limit = None if isinstance(bound, Value) and bound.value is None else bound
        if node.get("limitOption") == "LIMIT_OPTION_WITH_TIES":
            state.features.add("with-ties")
    if "limitOffset" in node:
        bound = bind(state, scope, node["limitOffset"])
        level.offset = None if isinstance(bound, Value) and bound.value in (None, "0") and bound.slot is None else bound


def _values(state: State, scope: Scope, level: Level, rows: list[Node]) -> None:
    bound = [bind_all(state, scope, row["List"].get("items")) for row in rows]
    level.targets = [Target(f"column{number}", value) for number, value in enumerate(bound[0], start=1)]
    level.extra += [value for row in bound[1:] for value in row]


STATEMENTS: dict[str, Callable[[State, Scope, Node], Level]] = {"SelectStmt": select}
"""The function that binds each kind of statement; `changes` enters those that write."""


def _set_operation(state: State, scope: Scope, level: Level, node: Node) -> None:
    name = SET_OPERATIONS[node["op"]] + ("-all" if node.get("all") else "")
    state.features.add(name)
    level.operation = name
    arms = []
    for side in ("larg", "rarg"):
        arms.append(select(state, scope.child(Domain("correlated", scope.domain), scope.depth), node[side]))
        if scope.defining is not None and scope.defining.targets is None:
            scope.defining.targets = arms[0].targets
    level.arms = (arms[0], arms[1])
    level.targets = [Target(target.name, Unknown(target.name, target.expression.type), target.star)
                     for target in arms[0].targets]  # fmt: skip
