"""A day of a column (`created_at::date = $1`) as a range of the column itself, which a plain index serves."""

from __future__ import annotations

from typing import Any

from advisor.catalog.schema import Schema
from advisor.rewrites.column_scope import Bindings
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.tree import ast, enums, equality, expression, is_star, parse, render, walk
from advisor.rewrites.volatile import volatile

_FILTERS = ("whereClause", "havingClause", "quals")
_UNITS = frozenset({"day", "week", "month", "year", "hour", "minute"})


def as_range(text: str, column: str, schema: Schema) -> Rewrite | Refusal:
    """Return the statement with `column::date = value` or `date_trunc('month', column) = value` as a range.

    Only for `timestamp` and `date` columns: in a time zone with daylight saving a day of a `timestamptz` has a
    beginning that may exist twice. The condition must stand under AND and OR alone.
    """
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
            node.args = tuple(condition(part) for part in node.args)
            return node
        replaced = _range(node, column, bindings)
        if replaced is None:
            return node
        changed += 1
        return replaced

    for node in list(walk(tree)):
        for name in _FILTERS:
            if getattr(node, name, None) is not None:
                setattr(node, name, condition(getattr(node, name)))
    if not changed:
        return Refusal("it compares no whole day, month or year with a value")
    return Rewrite("range", "same", render(tree), text)


def _range(node: Any, column: str, bindings: Bindings) -> Any:
    sides = equality(node)
    for wrapped, value in (sides, sides[::-1]) if sides else ():
        found = _wrapped(wrapped, column, bindings)
        if found is None or any(isinstance(part, ast.ColumnRef | ast.SubLink) for part in walk(value)):
            continue
        mine, unit = found
        if unit == "date":
            return expression("__c__ >= __v__::date AND __c__ < __v__::date + 1", c=mine, v=value)
        step = f"interval '1 {unit}'"
        exact = f"date_trunc('{unit}', __v__::timestamp) = __v__::timestamp"
        return expression(
            f"__c__ >= __v__::timestamp AND __c__ < __v__::timestamp + {step} AND {exact}", c=mine, v=value
        )
    return None


def _wrapped(node: Any, column: str, bindings: Bindings) -> tuple[Any, str] | None:
    """Return the column and `date` or the unit that it is cut to."""
    inner, unit = None, ""
    if isinstance(node, ast.TypeCast) and node.typeName.names[-1].sval == "date":
        inner, unit = node.arg, "date"
    elif isinstance(node, ast.FuncCall) and node.funcname[-1].sval == "date" and len(node.args or ()) == 1:
        inner, unit = node.args[0], "date"
    elif isinstance(node, ast.FuncCall) and node.funcname[-1].sval == "date_trunc" and len(node.args or ()) == 2:
        first, inner = node.args
        word = first.val.sval if isinstance(first, ast.A_Const) and isinstance(first.val, ast.String) else ""
        unit = word if word in _UNITS else ""
    bound = bindings.owner(inner) if isinstance(inner, ast.ColumnRef) and not is_star(inner) else None
    if not unit or inner is None or bound is None or inner.fields[-1].sval != column:
        return None
    definition = bound[1].table.column(column) if bound[1].table else None
    return (inner, unit) if definition and definition.base_type == "timestamp" else None
