"""What the prover needs to know of a statement: its tables, what each parameter is compared with, how it is ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.catalog.schema import Column, Schema, Table
from advisor.rewrites.column_scope import Bindings
from advisor.rewrites.tree import (
    ast,
    column,
    duplicate,
    enums,
    here,
    is_aggregate,
    is_star,
    parameter,
    parse,
    render,
    statement,
    walk,
)


@dataclass(frozen=True, slots=True)
class Target:
    """The column that a parameter's value meets."""

    table: Table
    column: Column
    stored: bool = False
    """Whether the value is written into it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A statement to be run."""

    text: str
    tables: tuple[Table, ...]
    unknown: tuple[str, ...]
    """Relations that the schema does not hold."""
    targets: dict[int, Target]
    sizes: frozenset[int]
    """Parameters of LIMIT and OFFSET."""
    literals: tuple[str, ...]
    writes: bool
    ordered: bool
    limited: bool


def subject(text: str, schema: Schema) -> Subject | None:
    """Return what is known of a statement, `None` when it cannot be parsed."""
    tree = parse(text)
    if tree is None:
        return None
    tables, unknown = _tables(tree, schema)
    top = tree if isinstance(tree, ast.SelectStmt) else None
    return Subject(
        text, tuple(tables), tuple(unknown), _targets(tree, schema), _sizes(tree), _literals((tree, *_views(tables))),
        any(isinstance(node, ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt | ast.MergeStmt) for node in walk(tree)),
        bool(top and top.sortClause), bool(top and (top.limitCount or top.limitOffset)),
    )  # fmt: skip


def _tables(tree: Any, schema: Schema) -> tuple[list[Table], list[str]]:
    ctes = {node.ctename for node in walk(tree) if isinstance(node, ast.CommonTableExpr)}
    found: dict[tuple[str, str], Table] = {}
    unknown = []
    for node in walk(tree):
        if isinstance(node, ast.RangeVar) and not (node.schemaname is None and node.relname in ctes):
            table = schema.table(node.relname, node.schemaname)
            if table is None:
                unknown.append(node.relname)
            else:
                found[table.schema, table.name] = table
    return list(found.values()), unknown


def _sizes(tree: Any) -> frozenset[int]:
    found = set()
    for node in walk(tree):
        if isinstance(node, ast.SelectStmt):
            found |= {parameter(node.limitCount), parameter(node.limitOffset)}
    return frozenset(number for number in found if number)


def _views(tables: list[Table]) -> list[Any]:
    return [tree for table in tables if table.definition and (tree := parse(table.definition)) is not None]


def _literals(tree: Any) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in walk(tree):
        if isinstance(node, ast.A_Const) and not node.isnull:
            value = node.val
            text = (
                value.sval
                if isinstance(value, ast.String)
                else str(value.ival)
                if isinstance(value, ast.Integer)
                else None
            )
            if text is not None and len(text) <= 40 and "%" not in text:
                found[text] = None
    return tuple(found)[:6]


def _targets(tree: Any, schema: Schema) -> dict[int, Target]:
    bindings = Bindings(tree, schema)
    found: dict[int, Target] = {}
    for node in walk(tree):
        if isinstance(node, ast.A_Expr):
            for one, two in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
                _compare(one, two, bindings, found)
    table = _written(tree, schema)
    if table and isinstance(tree, ast.UpdateStmt):
        for item in tree.targetList:
            _store(table, item.name, item.val, found)
    if table and isinstance(tree, ast.InsertStmt) and tree.selectStmt and tree.selectStmt.valuesLists:
        names = [item.name for item in tree.cols] if tree.cols else [column.name for column in table.columns]
        for name, value in zip(names, tree.selectStmt.valuesLists[0], strict=False):
            _store(table, name, value, found)
    return found


def _written(tree: Any, schema: Schema) -> Table | None:
    if isinstance(tree, ast.UpdateStmt | ast.InsertStmt | ast.DeleteStmt):
        return schema.table(tree.relation.relname, tree.relation.schemaname)
    return None


def _compare(one: Any, two: Any, bindings: Bindings, found: dict[int, Target]) -> None:
    while isinstance(one, ast.TypeCast) or (isinstance(one, ast.FuncCall) and one.args):
        one = one.arg if isinstance(one, ast.TypeCast) else one.args[-1]
    bound = bindings.owner(one) if isinstance(one, ast.ColumnRef) and not is_star(one) else None
    table = bound[1].table if bound else None
    column = table.column(one.fields[-1].sval) if table else None
    if table and column:
        for number in (parameter(part) for part in (two if isinstance(two, tuple) else (two,))):
            if number:
                found.setdefault(number, Target(table, column))


def _store(table: Table, name: str, value: Any, found: dict[int, Target]) -> None:
    number, column = parameter(value), table.column(name)
    if number and column:
        found[number] = Target(table, column, stored=True)


_RANKED = "ranked_by_the_proof"


def without_limit(text: str, *, with_keys: bool) -> tuple[str, int] | None:
    """Return a SELECT without LIMIT and OFFSET, and how many columns are added to its output: sort keys, then the rank.

    The rank is one number for all rows that the server sorts alike: 1 and 1.00 are two texts of one place.
    `None` where they cannot be added: after DISTINCT, GROUP BY or a set operation.
    """
    tree = parse(text)
    if not isinstance(tree, ast.SelectStmt):
        return None
    tree.limitCount = tree.limitOffset = None
    tree.limitOption = enums.LimitOption.LIMIT_OPTION_DEFAULT
    keys = list(tree.sortClause or ()) if with_keys else []
    if keys and (tree.op != enums.SetOperation.SETOP_NONE or tree.distinctClause):
        return None
    added: list[Any] = []
    for sort in keys:
        node = sort.node
        if isinstance(node, ast.A_Const):
            if any(is_star(target.val) for target in tree.targetList):
                return None
            node = tree.targetList[node.val.ival - 1].val
        elif isinstance(node, ast.ColumnRef) and len(node.fields) == 1 and not is_star(node):
            named = [target.val for target in tree.targetList if target.name == node.fields[0].sval]
            node = named[0] if named else node
        added.append(ast.ResTarget(name=f"{_RANKED}_{len(added)}", val=duplicate(node)))
    tree.targetList = (*tree.targetList, *added)
    return render(_ranked(tree, keys) if keys else tree), len(added) + bool(keys)


def _ranked(tree: Any, keys: list[Any]) -> Any:
    """Return the SELECT over one whose last columns are its sort keys, with the rank that they give each row."""
    ranked = statement(f"SELECT {_RANKED}.*, dense_rank() OVER (ORDER BY 1) AS {_RANKED} FROM (SELECT 1) AS {_RANKED} "
                       f"ORDER BY {_RANKED}")  # fmt: skip
    ranked.fromClause[0].subquery = tree
    order = [duplicate(sort) for sort in keys]
    for place, sort in enumerate(order):
        sort.node = column(_RANKED, f"{_RANKED}_{place}")
    ranked.targetList[1].val.over.orderClause = tuple(order)
    return ranked


def with_small_limit(text: str, size: int) -> str:
    """Return the statement with a LIMIT of `size` where it has a constant one, so that few rows make several pages."""
    tree = parse(text)
    if isinstance(tree, ast.SelectStmt) and isinstance(tree.limitCount, ast.A_Const):
        tree.limitCount = parse(f"SELECT 1 LIMIT {int(size)}").limitCount  # type: ignore[union-attr]
        return render(tree)
    return text


def aggregates(text: str) -> bool:
    """Return whether a SELECT returns one row whatever it finds."""
    tree = parse(text)
    if not isinstance(tree, ast.SelectStmt) or tree.groupClause:
        return False
    return any(is_aggregate(node) for node in here(tree.targetList))
