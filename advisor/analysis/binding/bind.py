"""Binding expressions: parse nodes in, expressions with bound columns out.

Each node type has one function, entered into `BINDERS` by the decorator; a type without one loses its meaning but not
the columns in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.analysis.binding.scope import Scope, resolve
from advisor.analysis.binding.state import State
from advisor.analysis.expression import Expression, Placeholder, Special, Value, WholeRow
from advisor.analysis.parse import Node, kind, names

Binder = Callable[[State, Scope, Node], Expression]
BINDERS: dict[str, Binder] = {}
"""The function that binds each type of node."""


def binder(*names: str) -> Callable[[Binder], Binder]:
    """Return a decorator that enters a function as the binder of these node types."""

    def enter(function: Binder) -> Binder:
        BINDERS.update(dict.fromkeys(names, function))
        return function

    return enter


def bind(state: State, scope: Scope, node: Node | None) -> Expression:
    """Return the expression a node stands for, its columns bound."""
    if not node:
        return Value("NULL", None, "unknown")
    name, fields = next(iter(node.items()))
    binder = BINDERS.get(name)
    if binder is not None:
        return binder(state, scope, fields)
    return special(state, scope, name, fields)


def bind_all(state: State, scope: Scope, nodes: list[Node] | None) -> tuple[Expression, ...]:
    """Return the expressions of a list of nodes."""
    return tuple(bind(state, scope, node) for node in nodes or ())


def special(state: State, scope: Scope, name: str, fields: Any) -> Expression:
    """Return an expression for a form we need not understand, so that the columns in it are not lost."""
    parts = tuple(bind(state, scope, node) for node in _expressions_in(fields))
    pieces = (f"{name}(", *[", "] * (len(parts) - 1), ")") if parts else (f"{name}()",)
    return Special(pieces, parts, None, stable=True)


def _expressions_in(fields: Any) -> list[Node]:
    """Return the outermost nodes below some fields that we can bind."""
    found: list[Node] = []
    pending = [fields]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(reversed(value))
        elif isinstance(value, dict):
            if len(value) == 1 and kind(value) in BINDERS:
                found.append(value)
            else:
                pending.extend(reversed([item for key, item in value.items() if key != "typeName"]))
    return found


@binder("ColumnRef")
def _column(state: State, scope: Scope, fields: Node) -> Expression:
    parts = fields.get("fields", [])
    if kind(parts[-1]) != "A_Star":
        return resolve(state, scope, names(parts))
    alias = names(parts)[-1:]
    source = next((source for source in scope.sources if (source.alias,) == alias), None)
    if source is None or source.occurrence is None:
        return Special(("*",), ())
    return WholeRow(source.occurrence)


@binder("A_Const")
def _constant(state: State, scope: Scope, fields: Node) -> Expression:
    slot = state.slot(fields)
    if fields.get("isnull"):
        return Value("NULL", None, "unknown", slot)
    if "ival" in fields:
        number = str(fields["ival"].get("ival", 0))
        return Value(number, number, "int4", slot)
    if "fval" in fields:
        number = fields["fval"].get("fval", "0")
        return Value(number, number, "int8" if _is_bigint(number) else "numeric", slot)
    if "boolval" in fields:
        true = fields["boolval"].get("boolval", False)
        return Value("TRUE" if true else "FALSE", "true" if true else "false", "bool", slot)
    if "bsval" in fields:
        bits = fields["bsval"].get("bsval", "b")
        return Value(f"{bits[:1]}'{bits[1:]}'", bits[1:], "bit", slot)
    text = fields.get("sval", {}).get("sval", "")
    return Value(quote_literal(text), text, "unknown", slot)


def _is_bigint(number: str) -> bool:
    return number.lstrip("-").isdigit() and abs(int(number)) < 2**63


def quote_literal(text: str) -> str:
    """Return a string as SQL literal."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


@binder("ParamRef")
def _parameter(state: State, scope: Scope, fields: Node) -> Expression:
    number = fields.get("number", 0)
    return Placeholder(number, None, state.values.get(number - 1, ()))
