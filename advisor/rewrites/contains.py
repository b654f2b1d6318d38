"""`value = ANY (column)` as `column @> ARRAY[value]`, which a GIN index on the array column serves."""

from __future__ import annotations

from typing import Any

from advisor.catalog.schema import Schema
from advisor.rewrites.cast_types import bare_type
from advisor.rewrites.column_scope import Bindings
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.tree import all_of, any_of, ast, enums, expression, is_star, parse, render, walk
from advisor.rewrites.volatile import volatile

_FILTERS = ("whereClause", "havingClause", "quals")


def as_containment(text: str, column: str, schema: Schema) -> Rewrite | Refusal:
    """Return the statement with `column @> ARRAY[value]` where `value = ANY (column)` is a condition of its own."""
    tree = parse(text)
    if tree is None:
        return Refusal("the statement cannot be parsed by itself")
    if found := volatile(tree):
        return Refusal(f"it calls {found}, which may give another value each time")
    bindings = Bindings(tree, schema)
    changed = 0

    def condition(node: Any) -> Any:
        nonlocal changed
        if isinstance(node, ast.BoolExpr) and node.boolop != enums.BoolExprType.NOT_EXPR:
            parts = [condition(part) for part in node.args]
            return all_of(*parts) if node.boolop == enums.BoolExprType.AND_EXPR else any_of(*parts)
        replaced = _contained(node, column, bindings)
        changed += replaced is not None
        return node if replaced is None else replaced

    for node in list(walk(tree)):
        for name in _FILTERS:
            if getattr(node, name, None) is not None:
                setattr(node, name, condition(getattr(node, name)))
    if not changed:
        return Refusal(f"its = ANY ({column}) is no condition of its own")
    return Rewrite("contains", "same", render(tree), text)


def _contained(node: Any, column: str, bindings: Bindings) -> Any:
    if not isinstance(node, ast.A_Expr) or node.kind != enums.A_Expr_Kind.AEXPR_OP_ANY:
        return None
    mine, value = node.rexpr, node.lexpr
    bound = bindings.owner(mine) if isinstance(mine, ast.ColumnRef) and not is_star(mine) else None
    plain = tuple(part.sval for part in node.name) == ("=",) and not any(
        isinstance(part, ast.ColumnRef | ast.SubLink) for part in walk(value)
    )
    table = bound[1].table if bound else None
    definition = table.column(column) if table else None
    if not plain or definition is None or mine.fields[-1].sval != column or not definition.base_type.startswith("_"):
        return None
    return expression(f"__c__ @> ARRAY[__v__]::{bare_type(definition)}", c=mine, v=value)
