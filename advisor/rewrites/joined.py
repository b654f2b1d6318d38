"""The statement a loop goes through and the one it repeats, as one statement: a LEFT JOIN over each row's own rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.rewrites.column_scope import Bindings, all_names
from advisor.rewrites.repeated_reads import compared_keys
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated
from advisor.rewrites.tree import (
    ast,
    column,
    duplicate,
    enums,
    is_star,
    parameters,
    parse,
    render,
    renumbered,
    statement,
    transformed,
)
from advisor.rewrites.volatile import volatile


def joined(parent: str, repeated: Repeated, link: Mapping[str, str]) -> Rewrite | Refusal:
    """Return the parent's statement with what the loop reads beside each of its rows.

    `link` gives, for each column of the child that a varying value is compared with, the parent's output column that
    holds those values. The parent's own LIMIT and order stay; raises nothing, refuses in words.
    """
    outer, inner = parse(parent), parse(repeated.text)
    if not isinstance(outer, ast.SelectStmt) or not isinstance(inner, ast.SelectStmt):
        return Refusal("one of the two is no plain SELECT")
    for tree in (outer, inner):
        if tree.lockingClause or tree.intoClause or volatile(tree):
            return Refusal("one of the two locks rows, or calls what may give another value each time")
    keys = compared_keys(inner, sorted(repeated.varying & set(parameters(inner))))
    by_number = {number: link.get(mine.fields[-1].sval) for _, mine, number in keys}
    if not keys or not all(by_number.values()):
        return Refusal("the loop's values are more than the parent's columns")
    bindings = Bindings(outer, repeated.schema)
    names = _output(outer, bindings)
    if names is None or any(names.count(str(name)) != 1 for name in by_number.values()):
        return Refusal("the parent's statement does not return the column that ties the two")
    order = _order(outer, names, bindings)
    if order is None:
        return Refusal("the parent is ordered by what it does not return")
    above, below = _aliases(outer, inner)
    own = parameters(outer)
    shift = {number: place for place, number in enumerate(own, 1)}
    rest = [number for number in parameters(inner) if number not in by_number]
    renumbered(outer, shift)
    after = {number: len(own) + place for place, number in enumerate(rest, 1)}
    inner = transformed(inner, lambda node: _put(node, by_number, above, after))
    whole = statement(f"SELECT {above}.*, {below}.* FROM (SELECT 1) AS {above} LEFT JOIN LATERAL (SELECT 1) AS {below} "
                      "ON true")  # fmt: skip
    join = whole.fromClause[0]
    join.larg.subquery, join.rarg.subquery = outer, inner
    whole.sortClause = tuple(_through(sort, above) for sort in order) or None
    return Rewrite(
        "joined", "joined", render(whole), repeated.text, parent=parent,
        numbers=tuple(rest), parent_numbers=own, link=tuple(str(by_number[number]) for number in sorted(by_number)),
        arrays=tuple(sorted(by_number)),
    )  # fmt: skip


def _put(node: Any, by_number: Mapping[int, str | None], above: str, after: Mapping[int, int]) -> Any:
    if not isinstance(node, ast.ParamRef):
        return node
    name = by_number.get(node.number)
    if name is not None:
        return column(above, name)
    node.number = after[node.number]
    return node


def _aliases(outer: Any, inner: Any) -> tuple[str, str]:
    taken = all_names(outer) | all_names(inner)
    found = []
    for wanted in ("parent", "child"):
        name, number = wanted, 1
        while name in taken:
            name, number = f"{wanted}_{number}", number + 1
        found.append(name)
    return found[0], found[1]


def _output(tree: Any, bindings: Bindings) -> list[str] | None:
    """Return the names of the output columns, `None` when a `*` hides them."""
    if tree.op != enums.SetOperation.SETOP_NONE or tree.valuesLists:
        return None
    level = bindings.level(tree)
    names: list[str] = []
    for target in tree.targetList:
        if is_star(target.val):
            whose = [level.relations.get(target.val.fields[0].sval)] if len(target.val.fields) == 2 else list(
                level.relations.values())  # fmt: skip
            if level.merged:
                return None
            for relation in whose:
                if relation is None or relation.table is None:
                    return None
                names += [found.name for found in relation.table.columns]
        else:
            names.append(_name(target))
    return names


def _name(target: Any) -> str:
    if target.name:
        return str(target.name)
    node = target.val
    if isinstance(node, ast.ColumnRef):
        return str(node.fields[-1].sval)
    return node.funcname[-1].sval if isinstance(node, ast.FuncCall) else "?column?"


def _order(tree: Any, names: list[str], bindings: Bindings) -> list[Any] | None:
    """Return the ORDER BY over output columns, `None` when a key is none of them."""
    found = []
    for sort in tree.sortClause or ():
        node = duplicate(sort)
        if isinstance(node.node, ast.A_Const) and isinstance(node.node.val, ast.Integer):
            node.node = column(None, names[node.node.val.ival - 1])
        if not isinstance(node.node, ast.ColumnRef) or is_star(node.node):
            return None
        if names.count(node.node.fields[-1].sval) != 1 or not _returns(tree, sort.node, bindings):
            return None
        found.append(node)
    return found


def _returns(tree: Any, key: Any, bindings: Bindings) -> bool:
    """Return whether an ORDER BY key is the output column of its name, and no other table's column of that name."""
    if not isinstance(key, ast.ColumnRef) or len(key.fields) == 1:
        return True
    bound, name = bindings.owner(key), key.fields[-1].sval
    for target in tree.targetList if bound else ():
        same = bindings.owner(target.val) == bound
        if is_star(target.val) and (same or len(target.val.fields) == 1):
            return True
        if not is_star(target.val) and _name(target) == name:
            return same and bool(target.val.fields[-1].sval == name)
    return False


def _through(sort: Any, above: str) -> Any:
    sort.node = column(above, sort.node.fields[-1].sval)
    return sort
