"""Conditions as trees of AND, OR and what stands between, in one spelling: what index predicates are compared by.

Two spellings are one only where they mean the same for every row, NULLs included. What depends on a column's type
(`status = 'open'` prints as `(status)::text = 'open'::text` for a `varchar` column, and means something else for
`char(n)` or `citext`) is taken for the same only where the type is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Node = dict[str, Any]

STRINGS = frozenset({"text", "varchar"})
"""Types that compare as `text`, by whatever cast; `bpchar` and `citext` do not."""
INTEGERS = frozenset({"int2", "int4", "int8"})
WHOLE = frozenset({"int4", "int8", "numeric", "float8"})
"""Types in which a whole number means the same with and without a cast to them."""
COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~", "~*", "!~*"})
KINDS = frozenset({"AEXPR_OP", "AEXPR_OP_ANY", "AEXPR_OP_ALL", "AEXPR_IN", "AEXPR_LIKE", "AEXPR_ILIKE"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition that is neither AND nor OR."""

    text: str
    """The parse tree in one spelling, as JSON."""

    @property
    def node(self) -> Node:
        """Return the parse tree."""
        found: Node = orjson.loads(self.text)
        return found


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND or OR."""

    joint: Literal["and", "or"]
    parts: frozenset[Condition]


Condition = Leaf | Junction


def condition(sql: str, types: Mapping[str, str] | None = None) -> Condition | None:
    """Return an SQL condition as a tree, `None` where the parser refuses it.

    `types` are the base types of columns by name, as `pg_type.typname` has them, where they are known.
    """
    from pglast.parser import ParseError, parse_sql_json

    try:
        tree = orjson.loads(parse_sql_json(f"SELECT WHERE ({sql}\n)"))
        (statement,) = tree["stmts"]
        return _tree(_plain(statement["stmt"]["SelectStmt"]["whereClause"], types or {}), negated=False)
    except (ParseError, RecursionError, ValueError, KeyError):
        return None


def conjuncts(tree: Condition) -> frozenset[Condition]:
    """Return the parts that must all hold."""
    return tree.parts if isinstance(tree, Junction) and tree.joint == "and" else frozenset({tree})


def _tree(node: Node, *, negated: bool) -> Condition:
    """Return the tree of a condition that rows must satisfy, or of its negation: De Morgan holds with NULLs, too."""
    (kind, fields), *_ = node.items()
    if kind == "BoolExpr":
        if fields["boolop"] == "NOT_EXPR":
            return _tree(fields["args"][0], negated=not negated)
        joint: Literal["and", "or"] = "and" if (fields["boolop"] == "AND_EXPR") != negated else "or"
        return _joined(joint, [_tree(part, negated=negated) for part in fields["args"]])
    if kind == "BooleanTest" and not negated and fields["booltesttype"] in ("IS_TRUE", "IS_FALSE"):
        return _tree(fields["arg"], negated=fields["booltesttype"] == "IS_FALSE")
    return Leaf(orjson.dumps({"not": node} if negated else node, option=orjson.OPT_SORT_KEYS).decode())


def _joined(joint: Literal["and", "or"], parts: list[Condition]) -> Condition:
    flat: set[Condition] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Junction) and part.joint == joint else {part}
    return Junction(joint, frozenset(flat)) if len(flat) > 1 else flat.pop()


def _plain(node: Any, types: Mapping[str, str]) -> Any:
    """Return a parse tree without places, and without casts that change nothing for columns of known types."""
    if isinstance(node, list):
        return [_plain(part, types) for part in node]
    if not isinstance(node, dict):
        return node
    plain = {
        name: _plain(part, types)
        for name, part in node.items()
        if not name.endswith(("location", "list_start", "list_end"))
    }
    return {"A_Expr": _compared(plain["A_Expr"], types)} if "A_Expr" in plain else plain


def _compared(fields: Node, types: Mapping[str, str]) -> Node:
    names = [part["String"]["sval"] for part in fields.get("name", ())]
    if fields["kind"] not in KINDS or len(names) != 1 or names[0] not in COMPARISONS or "lexpr" not in fields:
        return fields
    left = _uncast_column(fields["lexpr"], types)
    of_type = types.get(column_of(left) or "")
    if of_type is None:
        return fields
    compared = {**fields, "lexpr": left, "rexpr": _uncast_values(fields["rexpr"], of_type)}
    return _as_list(compared, of_type)


def column_of(node: Node) -> str | None:
    """Return the name of the column that a node is, `None` for anything else, also for a qualified one."""
    parts = node.get("ColumnRef", {}).get("fields", ())
    return parts[0].get("String", {}).get("sval") if len(parts) == 1 else None


def _uncast_column(node: Node, types: Mapping[str, str]) -> Node:
    """Return a `varchar` column without its cast to `text`."""
    argument = node.get("TypeCast", {}).get("arg", {})
    if _cast_to(node) in STRINGS and types.get(column_of(argument) or "") in STRINGS:
        return dict(argument)
    return node


def _uncast_values(node: Node, of_type: str) -> Node:
    if "List" in node:
        return {"List": {"items": [_uncast_value(item, of_type) for item in node["List"].get("items", ())]}}
    if _cast_to(node, array=True) in STRINGS and of_type in STRINGS and "A_ArrayExpr" in node["TypeCast"]["arg"]:
        node = node["TypeCast"]["arg"]
    if "A_ArrayExpr" in node:
        elements = node["A_ArrayExpr"].get("elements", ())
        return {"A_ArrayExpr": {"elements": [_uncast_value(item, of_type) for item in elements]}}
    return _uncast_value(node, of_type)


def _uncast_value(node: Node, of_type: str) -> Node:
    """Return a literal without a cast to the type that it has beside such a column anyway."""
    target, argument = _cast_to(node), node.get("TypeCast", {}).get("arg", {})
    constant = argument.get("A_Const", {})
    same = target == of_type or (target in STRINGS and of_type in STRINGS)
    if target and same and ("sval" in constant or ("ival" in constant and of_type in WHOLE)):
        return dict(argument)
    return node


def _as_list(fields: Node, of_type: str) -> Node:
    """Return `= ANY (ARRAY[…])` as `IN (…)`, in one order, where all elements are literals of the column's kind."""
    listed = fields["rexpr"].get("List", {}).get("items") if fields["kind"] == "AEXPR_IN" else None
    array = fields["rexpr"].get("A_ArrayExpr", {}).get("elements") if fields["kind"] == "AEXPR_OP_ANY" else None
    items = listed or array
    wanted = "sval" if of_type in STRINGS else "ival" if of_type in INTEGERS else None
    equal = fields["name"] == [{"String": {"sval": "="}}]
    if not items or not wanted or not equal or not all(wanted in item.get("A_Const", {}) for item in items):
        return fields
    spelled = sorted({orjson.dumps(item) for item in items})
    return {**fields, "kind": "AEXPR_IN", "rexpr": {"List": {"items": [orjson.loads(item) for item in spelled]}}}


def _cast_to(node: Node, *, array: bool = False) -> str | None:
    """Return the type that a node is a cast to, `None` for one with a modifier or of a named schema."""
    target = node.get("TypeCast", {}).get("typeName")
    if not target or target.get("typmods") or ("arrayBounds" in target) != array:
        return None
    names = [part["String"]["sval"] for part in target["names"]]
    return names[-1] if len(names) == 1 or names[0] == "pg_catalog" else None
