"""OR over several columns as one SELECT per arm, each without the rows of the arms before it: UNION ALL, no sort."""

from __future__ import annotations

from typing import Any

from advisor.catalog.schema import Schema, Table
from advisor.rewrites.column_scope import Bindings
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.tree import (
    all_of,
    any_of,
    ast,
    column,
    conjuncts,
    disjuncts,
    duplicate,
    enums,
    expression,
    here,
    is_aggregate,
    is_star,
    parse,
    render,
    statement,
)
from advisor.rewrites.volatile import volatile

_BLOCKING = (
    ("groupClause", "it groups rows"), ("havingClause", "it groups rows"), ("distinctClause", "it has DISTINCT"),
    ("windowClause", "it has a window function"), ("lockingClause", "it locks rows, which no UNION may"),
    ("withClause", "it has a WITH query"), ("intoClause", "it has INTO"),
)  # fmt: skip


def arms(text: str, columns: frozenset[str], schema: Schema) -> Rewrite | Refusal:
    """Return one SELECT per arm of the OR that ranges over these columns; every row stays in exactly one arm.

    An arm leaves out what an earlier one holds (`IS NOT TRUE`), so that tables without a key, JSON columns and rows
    that are equal keep their number.
    """
    tree = parse(text)
    if not isinstance(tree, ast.SelectStmt):
        return Refusal("it is no SELECT: write one statement per arm")
    if found := volatile(tree):
        return Refusal(f"it calls {found}, which may give another value each time")
    if refusal := _blocked(tree):
        return Refusal(refusal)
    bindings = Bindings(tree, schema)
    parts = conjuncts(tree.whereClause)
    chosen = next((part for part in parts if _ranges_over(part, columns)), None)
    if chosen is None:
        return Refusal("its OR is no condition of its own")
    rest = [part for part in parts if part is not chosen]
    return _united(tree, rest, disjuncts(chosen), bindings, text)


def over_tables(text: str, schema: Schema) -> tuple[tuple[Table, str], ...]:
    """Return table and column of each arm of an OR whose arms are conditions on different tables of a join.

    Empty where the statement has none, or where it is not certain whose columns they are.
    """
    tree = parse(text)
    if not isinstance(tree, ast.SelectStmt) or not tree.whereClause:
        return ()
    bindings = Bindings(tree, schema)
    for part in conjuncts(tree.whereClause):
        found = [_arm(arm, bindings) for arm in disjuncts(part)]
        named = tuple(one for one in found if one)
        if len(named) == len(found) and len({(table.schema, table.name) for table, _ in named}) > 1:
            return named
    return ()


def _arm(arm: Any, bindings: Bindings) -> tuple[Table, str] | None:
    """Return the table that one arm is a condition on, and its first column."""
    references = [found for found in here(arm) if isinstance(found, ast.ColumnRef) and not is_star(found)]
    owners = [bindings.owner(reference) for reference in references]
    if not owners or None in owners or len({id(owner[1]) for owner in owners if owner}) > 1:
        return None
    relation, name = owners[0][1] if owners[0] else None, str(references[0].fields[-1].sval)
    return (relation.table, relation.names.get(name, name)) if relation and relation.table else None


def _blocked(tree: Any) -> str | None:
    if tree.op != enums.SetOperation.SETOP_NONE:
        return "it is a set operation already"
    for clause, reason in _BLOCKING:
        if getattr(tree, clause):
            return reason
    for node in here((tree.targetList, tree.sortClause)):
        if is_aggregate(node):
            return "it aggregates rows"
        if isinstance(node, ast.FuncCall) and node.over:
            return "it has a window function"
    if tree.limitOption == enums.LimitOption.LIMIT_OPTION_WITH_TIES:
        return "it has WITH TIES"
    return None


def _ranges_over(part: Any, columns: frozenset[str]) -> bool:
    named = [{found.fields[-1].sval for found in here(arm) if isinstance(found, ast.ColumnRef) and not is_star(found)}
             for arm in disjuncts(part)]  # fmt: skip
    return len(named) > 1 and len({frozenset(names) for names in named}) > 1 and bool(columns & set().union(*named))


def _united(tree: Any, rest: list[Any], found: list[Any], bindings: Bindings, text: str) -> Rewrite | Refusal:
    order, limit, offset = tree.sortClause, tree.limitCount, tree.limitOffset
    tree.sortClause = tree.limitCount = tree.limitOffset = None
    width, keys = len(tree.targetList), _sort_keys(tree, order, bindings)
    if isinstance(keys, Refusal):
        return keys
    hidden = [key for key in keys if key.added is not None]
    for key in hidden:
        tree.targetList = (*tree.targetList, ast.ResTarget(name=key.name, val=key.added))
    selects = []
    for number, arm in enumerate(found):
        select = duplicate(tree)
        before = any_of(*map(duplicate, found[:number])) if number else None
        unlike = expression("(__a__) IS NOT TRUE", a=before) if number else None
        select.whereClause = all_of(*map(duplicate, rest), duplicate(arm), unlike)
        selects.append(select)
    whole = selects[0]
    for select in selects[1:]:
        whole = ast.SelectStmt(op=enums.SetOperation.SETOP_UNION, all=True, larg=whole, rarg=select,
                               limitOption=enums.LimitOption.LIMIT_OPTION_DEFAULT, groupDistinct=False)  # fmt: skip
    if hidden:
        outer = _around(whole, width, tree, bindings)
        if isinstance(outer, Refusal):
            return outer
        whole = outer
    whole.sortClause = tuple(_sorted_by(key) for key in keys) or None
    whole.limitCount, whole.limitOffset = limit, offset
    if limit is not None:
        whole.limitOption = enums.LimitOption.LIMIT_OPTION_COUNT
    return Rewrite("union", "same", render(whole), text)


class _Key:
    """One key of the ORDER BY: the output column that holds it, which may have to be added; no name where it counts."""

    def __init__(self, sort: Any, name: str | None, added: Any | None) -> None:
        self.sort, self.name, self.added = sort, name, added


def _sort_keys(tree: Any, order: Any, bindings: Bindings) -> list[_Key] | Refusal:
    names = [_name(target) for target in tree.targetList]
    keys = []
    for sort in order or ():
        node = sort.node
        if isinstance(node, ast.A_Const) and isinstance(node.val, ast.Integer):
            if any(is_star(target.val) for target in tree.targetList):
                return Refusal("its ORDER BY counts columns of a *")
            keys.append(_Key(sort, None, None))
        elif (name := _listed(node, tree, names, bindings)) is not None:
            keys.append(_Key(sort, name, None))
        else:
            keys.append(_Key(sort, bindings.fresh("sort_key"), node))
    return keys


def _name(target: Any) -> str | None:
    if target.name:
        return str(target.name)
    plain = isinstance(target.val, ast.ColumnRef) and not is_star(target.val)
    return str(target.val.fields[-1].sval) if plain else None


def _listed(node: Any, tree: Any, names: list[str | None], bindings: Bindings) -> str | None:
    """Return the output name that an ORDER BY key means, `None` when the select list does not hold it plainly."""
    if not isinstance(node, ast.ColumnRef) or is_star(node):
        return None
    last = str(node.fields[-1].sval)
    bound = bindings.owner(node)
    for target, name in zip(tree.targetList, names, strict=True):
        if len(node.fields) == 1 and target.name == last:
            return last if names.count(last) == 1 else None
        same = isinstance(target.val, ast.ColumnRef) and not is_star(target.val) and bound is not None
        if same and bindings.owner(target.val) == bound and target.val.fields[-1].sval == last:
            return name if name is not None and names.count(name) == 1 else None
    stars = [target for target in tree.targetList if is_star(target.val)]
    if len(tree.targetList) == 1 and stars and bound and len(bound[0].relations) == 1:
        return last
    return None


def _sorted_by(key: _Key) -> Any:
    sort = duplicate(key.sort)
    if key.name is not None:
        sort.node = column(None, key.name)
    return sort


def _around(whole: Any, width: int, tree: Any, bindings: Bindings) -> Any:
    """Return a SELECT around the arms that leaves the added sort keys out of its output."""
    names = [_name(target) for target in tree.targetList[:width]]
    if any(name is None for name in names) or len(set(names)) < len(names):
        return Refusal("it is ordered by what it does not select, beside columns without a name of their own")
    alias = bindings.fresh("arms")
    outer = statement(f"SELECT 1 FROM (SELECT 1) AS {alias}")
    outer.fromClause[0].subquery = whole
    outer.targetList = tuple(ast.ResTarget(val=column(alias, name)) for name in names if name)
    return outer
