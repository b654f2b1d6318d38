"""Type names: the parser's nodes as SQL and as base type name."""

from __future__ import annotations

from advisor.analysis.parse import Node, names
from advisor.catalog.index import quote_identifier

INTERVAL_FIELDS = ((2, "year"), (1, "month"), (3, "day"), (10, "hour"), (11, "minute"), (12, "second"))
"""Bits of an interval's modifier (`datetime.h`), the largest unit first."""
FULL_INTERVAL = 0x7FFF
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
    if base == "interval" and modifiers:
        shown += _interval(modifiers)
    if base != "interval" and modifiers and all(modifiers):
        shown += f"({', '.join(modifiers)})"
    if node.get("arrayBounds"):
        return shown + "[]", "_" + base.removeprefix("_")
    return shown, base


def _interval(modifiers: list[str]) -> str:
    """Return the fields and precision of an interval type: `'90'::interval day` are days, not seconds."""
    mask = int(modifiers[0]) if modifiers[0].isdigit() else FULL_INTERVAL
    named = [name for bit, name in INTERVAL_FIELDS if mask & (1 << bit)]
    ends = [named[0], named[-1]] if len(named) > 1 else named
    words = "" if mask == FULL_INTERVAL or not named else " " + " to ".join(ends)
    return words + (f"({modifiers[1]})" if len(modifiers) > 1 else "")


def _modifier(node: Node) -> str:
    constant = node.get("A_Const", {})
    return str(constant["ival"].get("ival", 0)) if "ival" in constant else str(constant.get("sval", {}).get("sval", ""))
