"""Binding operators: comparisons, IN, BETWEEN, ANY, AND, OR, NOT, IS, casts and collations."""

from __future__ import annotations

from dataclasses import replace

from advisor.analysis.binding.bind import bind, bind_all, binder
from advisor.analysis.binding.scope import Scope
from advisor.analysis.binding.state import State
from advisor.analysis.binding.type_names import type_name
from advisor.analysis.binding.typed_expressions import membership, operation, prefix
from advisor.analysis.expression import (
    Cast,
    Collated,
    Expression,
    Items,
    Logic,
    Placeholder,
    Special,
    Test,
    Value,
)
from advisor.analysis.parse import Node, names
from advisor.catalog.index import quote_identifier


def _operator_name(fields: Node) -> str:
    parts = names(fields.get("name"))
    if len(parts) == 1 or parts[:1] == ("pg_catalog",):
        return parts[-1] if parts else "="
    return ".".join(parts)


@binder("A_Expr")
def _operation(state: State, scope: Scope, fields: Node) -> Expression:
    """Bind an A_Expr: an operator, or one of the forms that the grammar makes of one."""
    form = fields.get("kind", "AEXPR_OP").removeprefix("AEXPR_")
    operator = _operator_name(fields)
    left = bind(state, scope, fields["lexpr"]) if "lexpr" in fields else None
    right = bind(state, scope, fields.get("rexpr"))
    if left is None:
        return prefix(operator, right)
    match form:
        case "IN" | "OP_ANY" | "OP_ALL":
            rows = form == "IN" and isinstance(right, Items) and all(isinstance(row, Items) for row in right.arguments)
            if rows and isinstance(left, Items) and isinstance(right, Items):
                return _row_list(operator, left, right)
            place = fields.get("rexpr_list_start", 0), fields.get("rexpr_list_end", 0)
            if isinstance(right, Items) and state.folded(*place):
                right = replace(right, more=True)
            every = form == "OP_ALL" or (form == "IN" and operator == "<>")
            return membership(operator, left, right, every=every)
        case "BETWEEN" | "NOT_BETWEEN" | "BETWEEN_SYM" | "NOT_BETWEEN_SYM":
            return _between(form, left, right)
        case "DISTINCT" | "NOT_DISTINCT":
            words = " IS NOT DISTINCT FROM " if form == "NOT_DISTINCT" else " IS DISTINCT FROM "
            return Special(("(", words, ")"), (left, right), "bool")
        case "NULLIF":
            return Special(("NULLIF(", ", ", ")"), (left, right), left.type)
        case _:
            if operator in ("=", "<>") and isinstance(left, Items) and isinstance(right, Items):
                return _rows_equal(operator, left, right)
            return operation(operator, left, right)


def _rows_equal(operator: str, left: Items, right: Items) -> Expression:
    pairs = zip(left.arguments, right.arguments, strict=False)
    parts = tuple(operation(operator, *pair) for pair in pairs)
    if len(parts) == 1:
        return parts[0]
    return Logic("AND" if operator == "=" else "OR", parts)


def _row_list(operator: str, left: Items, right: Items) -> Expression:
    """Return `(a, b) IN ((1, 2), …)` as the OR of ANDs that the server makes of it."""
    rows = [row for row in right.arguments if isinstance(row, Items)]
    arms = tuple(_rows_equal(operator, left, row) for row in rows)
    if len(arms) == 1:
        return arms[0]
    return Logic("OR" if operator == "=" else "AND", arms)


def _between(form: str, left: Expression, right: Expression) -> Expression:
    low, high = right.arguments if isinstance(right, Items) else (right, right)
    if form.endswith("SYM"):
        words = " NOT BETWEEN SYMMETRIC " if form.startswith("NOT") else " BETWEEN SYMMETRIC "
        return Special(("(", words, " AND ", ")"), (left, low, high), "bool")
    if form == "NOT_BETWEEN":
        return Logic("OR", (operation("<", left, low), operation(">", left, high)))
    return Logic("AND", (operation(">=", left, low), operation("<=", left, high)))


@binder("BoolExpr")
def _logic(state: State, scope: Scope, fields: Node) -> Expression:
    arguments = bind_all(state, scope, fields.get("args"))
    operator = fields.get("boolop", "AND_EXPR")
    if operator == "NOT_EXPR":
        return Logic("NOT", arguments)
    return Logic("AND" if operator == "AND_EXPR" else "OR", arguments)


@binder("NullTest")
def _null_test(state: State, scope: Scope, fields: Node) -> Expression:
    test = "IS NOT NULL" if fields.get("nulltesttype") == "IS_NOT_NULL" else "IS NULL"
    return Test(bind(state, scope, fields.get("arg")), test)


@binder("BooleanTest")
def _boolean_test(state: State, scope: Scope, fields: Node) -> Expression:
    test = fields.get("booltesttype", "IS_TRUE").replace("_", " ")
    return Test(bind(state, scope, fields.get("arg")), test)


@binder("TypeCast")
def _cast(state: State, scope: Scope, fields: Node) -> Expression:
    argument = bind(state, scope, fields.get("arg"))
    shown, base = type_name(fields.get("typeName", {}))
    if base == "bool" and isinstance(argument, Value) and argument.value in ("t", "f"):
        true = argument.value == "t"
        return Value("TRUE" if true else "FALSE", "true" if true else "false", "bool", argument.slot)
    if isinstance(argument, Placeholder):
        return Cast(replace(argument, type=base), shown, base)
    return Cast(argument, shown, base)


@binder("CollateClause")
def _collate(state: State, scope: Scope, fields: Node) -> Expression:
    argument = bind(state, scope, fields.get("arg"))
    parts = names(fields.get("collname"))
    return Collated(argument, ".".join(quote_identifier(part) for part in parts), argument.type)
