"""Binding forms with a syntax of their own: lists, rows, arrays, CASE, COALESCE, subscripts, CURRENT_DATE."""

from __future__ import annotations

from advisor.analysis.binding.bind import bind, bind_all, binder, special
from advisor.analysis.binding.scope import Scope, resolve
from advisor.analysis.binding.state import State
from advisor.analysis.expression import Expression, Items, Special, WholeRow
from advisor.analysis.parse import Node, body, names
from advisor.catalog.index import quote_identifier

SESSION_WORDS = frozenset(["CURRENT_ROLE", "CURRENT_USER", "USER", "SESSION_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA"])
"""SQL's own words for values of the session."""


@binder("List")
def _list(state: State, scope: Scope, fields: Node) -> Expression:
    return Items("list", bind_all(state, scope, fields.get("items")))


@binder("RowExpr")
def _row(state: State, scope: Scope, fields: Node) -> Expression:
    return Items("row", bind_all(state, scope, fields.get("args")), "record")


@binder("A_ArrayExpr")
def _array(state: State, scope: Scope, fields: Node) -> Expression:
    items = bind_all(state, scope, fields.get("elements"))
    element = next((item.type for item in items if item.type not in (None, "unknown")), None)
    more = state.folded(fields.get("list_start", 0), fields.get("list_end", 0))
    return Items("array", items, f"_{element}" if element else None, more)


@binder("CaseExpr")
def _case(state: State, scope: Scope, fields: Node) -> Expression:
    pieces = ["CASE"]
    parts: list[Expression] = []
    if "arg" in fields:
        _piece(pieces, parts, " ", bind(state, scope, fields["arg"]))
    for item in fields.get("args", ()):
        when = body(item)
        _piece(pieces, parts, " WHEN ", bind(state, scope, when.get("expr")))
        _piece(pieces, parts, " THEN ", bind(state, scope, when.get("result")))
    if "defresult" in fields:
        _piece(pieces, parts, " ELSE ", bind(state, scope, fields["defresult"]))
    pieces[-1] += " END"
    results = {part.type for part in parts[(2 if "arg" in fields else 1) :: 2]} - {None, "unknown"}
    return Special(tuple(pieces), tuple(parts), results.pop() if len(results) == 1 else None)


def _piece(pieces: list[str], parts: list[Expression], before: str, part: Expression) -> None:
    pieces[-1] += before
    parts.append(part)
    pieces.append("")


@binder("CoalesceExpr", "MinMaxExpr")
def _alternatives(state: State, scope: Scope, fields: Node) -> Expression:
    parts = bind_all(state, scope, fields.get("args"))
    name = fields["op"].removeprefix("IS_") if "op" in fields else "COALESCE"
    shared = next((part.type for part in parts if part.type not in (None, "unknown")), None)
    return Special((f"{name}(", *[", "] * (len(parts) - 1), ")"), parts, shared)


@binder("SQLValueFunction")
def _value_function(state: State, scope: Scope, fields: Node) -> Expression:
    word = fields.get("op", "").removeprefix("SVFOP_")
    state.features.add("session-value" if word in SESSION_WORDS else "current-time")
    kinds = {"CURRENT_DATE": "date", "CURRENT_TIMESTAMP": "timestamptz", "LOCALTIMESTAMP": "timestamp"}
    return Special((word.removesuffix("_N"),), (), kinds.get(word.removesuffix("_N"), "text"), stable=True)


@binder("A_Indirection")
def _indirection(state: State, scope: Scope, fields: Node) -> Expression:
    inner = bind(state, scope, fields.get("arg"))
    column = names(fields.get("indirection"))
    if isinstance(inner, WholeRow) and column:
        return resolve(state, scope, (state.relations[inner.occurrence].alias, column[0]))
    pieces, parts = ["("], [inner]
    pieces.append(")")
    for item in fields.get("indirection", ()):
        if "String" in item:
            pieces[-1] += "." + quote_identifier(item["String"].get("sval", ""))
        elif "A_Indices" in item:
            _subscript(state, scope, item["A_Indices"], pieces, parts)
        else:
            pieces[-1] += ".*"
    element = parts[0].type or ""
    one = len(fields.get("indirection", ())) == 1 and not fields["indirection"][0].get("A_Indices", {}).get("is_slice")
    return Special(tuple(pieces), tuple(parts), element[1:] if one and element.startswith("_") else None)


def _subscript(state: State, scope: Scope, index: Node, pieces: list[str], parts: list[Expression]) -> None:
    pieces[-1] += "["
    if "lidx" in index:
        _piece(pieces, parts, "", bind(state, scope, index["lidx"]))
    if index.get("is_slice"):
        pieces[-1] += ":"
    if "uidx" in index:
        _piece(pieces, parts, "", bind(state, scope, index["uidx"]))
    pieces[-1] += "]"


@binder("NamedArgExpr")
def _named_argument(state: State, scope: Scope, fields: Node) -> Expression:
    return Special(
        (f"{quote_identifier(str(fields.get('name', '')))} => ", ""), (bind(state, scope, fields.get("arg")),)
    )


@binder("GroupingFunc")
def _grouping(state: State, scope: Scope, fields: Node) -> Expression:
    return special(state, scope, "GROUPING", fields)


@binder("SetToDefault")
def _default(state: State, scope: Scope, fields: Node) -> Expression:
    return Special(("DEFAULT",), ())


@binder("ResTarget")
def _target(state: State, scope: Scope, fields: Node) -> Expression:
    return bind(state, scope, fields.get("val"))


@binder("MultiAssignRef")
def _multiple(state: State, scope: Scope, fields: Node) -> Expression:
    """Bind one column of `SET (a, b) = …`; only the first of them brings the source."""
    return bind(state, scope, fields.get("source")) if fields.get("colno") == 1 else Special(("…",), ())
