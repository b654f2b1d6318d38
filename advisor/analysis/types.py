"""Types: the parser's type names, what a literal's type is, what an operation gives."""

from __future__ import annotations

import re

from advisor.analysis.parse import Node, names
from advisor.catalog.index import quote_identifier

COMPARISONS = frozenset({
    "=", "<>", "<", "<=", ">", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~", "~*", "!~*", "@>", "<@", "&&", "?", "?|",
    "?&", "@@", "@?", "%", "<%", "%>", "<<%", "%>>", "~=", "<<", ">>", "&<", "&>", "-|-", "|>>", "<<|", "&<|", "|&>",
    "<^", ">^", "^@", "<<=", ">>=",
})  # fmt: skip
"""Operators that give a boolean, whatever they compare (`<<` and `>>` on integers and `%` on numbers are not)."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
_SAFE = frozenset({
    "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "bpchar", "bool", "date", "timestamp",
    "timestamptz", "time", "timetz", "interval", "uuid", "json", "jsonb", "bytea", "inet", "cidr", "name", "oid", "xml",
    "tsvector", "tsquery", "regclass", "regconfig", "money", "point", "box", "bit", "varbit", "citext", "int4range",
    "int8range", "numrange", "tsrange", "tstzrange", "daterange", "geometry", "geography", "ltree", "hstore", "vector",
})  # fmt: skip


def type_name(node: Node) -> tuple[str, str]:
    """Return a TypeName node as SQL and as base type name (`_int4` for arrays)."""
    parts = names(node.get("names"))
    if parts[:1] == ("pg_catalog",):
        parts = parts[1:]
    base = parts[-1] if parts else "unknown"
    shown = ".".join(part if part in _SAFE else quote_identifier(part) for part in parts)
    modifiers = [_modifier(item) for item in node.get("typmods", ())]
    if base != "interval" and modifiers and all(modifiers):
        shown += f"({', '.join(modifiers)})"
    if node.get("arrayBounds"):
        return shown + "[]", "_" + base.removeprefix("_")
    return shown, base


def _modifier(node: Node) -> str:
    constant = node.get("A_Const", {})
    return str(constant["ival"].get("ival", 0)) if "ival" in constant else str(constant.get("sval", {}).get("sval", ""))


def operation_type(operator: str, kinds: tuple[str | None, ...]) -> str | None:
    """Return the type an operation gives, `None` where it cannot be told."""
    left = kinds[0]
    right = kinds[-1]
    number = {"int2", "int4", "int8", "float4", "float8", "numeric"}
    if operator in ("%", "<<", ">>") and left in number:
        return left
    if operator in COMPARISONS:
        return "bool"
    if operator in ("->", "#>", "#-"):
        return left
    if operator in ("->>", "#>>"):
        return "text"
    if operator == "||":
        return left if left in ("jsonb", "_text") else "text"
    if operator in ("+", "-", "*", "/") and left in number and right in number:
        return left if left == right else max(
            left or "", right or "", key=["int2", "int4", "int8", "numeric", "float4", "float8"].index)  # fmt: skip
    if operator in ("+", "-") and left in ("timestamptz", "timestamp") and right == "interval":
        return left
    return None
