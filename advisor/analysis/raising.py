"""Expressions that can raise: what an index on them may do to its build, and to every later INSERT.

A query evaluates an expression for the rows that its conditions leave; an index evaluates it for every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pglast import ast, parse_sql
from pglast.parser import ParseError
from pglast.visitors import Visitor

_TOTAL = frozenset({
    "lower", "upper", "initcap", "length", "char_length", "octet_length", "btrim", "ltrim", "rtrim", "trim", "md5",
    "reverse", "replace", "translate", "concat", "concat_ws", "left", "right", "strpos", "starts_with", "split_part",
    "date_trunc", "date_part", "extract", "timezone", "isfinite", "to_tsvector", "jsonb_extract_path",
    "jsonb_extract_path_text", "json_extract_path", "json_extract_path_text", "jsonb_typeof", "jsonb_array_length",
    "array_length", "cardinality", "coalesce", "nullif", "greatest", "least", "ceil", "ceiling", "floor", "round",
    "trunc", "sign", "int4range", "lower_inc", "upper_inc", "isempty", "immutable_unaccent", "unaccent", "similarity",
})  # fmt: skip
"""Functions of the server that take every value of their types (but for sizes nobody stores)."""
_NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")
_WIDENING = frozenset(
    {(narrow, wide) for place, narrow in enumerate(_NUMBERS) for wide in _NUMBERS[place:]}
    | {("date", "timestamp"), ("timestamp", "date"), ("timestamptz", "date"), ("timestamp", "timestamptz")}
    | {("timestamptz", "timestamp"), ("date", "timestamptz"), ("json", "jsonb"), ("bool", "int4")}
)
_TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name"})


@cache
def _parsed(expression: str) -> Any:
    try:
        statement: Any = parse_sql(f"SELECT {expression}")[0].stmt
        return statement.targetList[0].val
    except (ParseError, AttributeError, IndexError):
        return None


def can_raise(expression: str, types: Mapping[str, str]) -> str | None:
    """Return what in an SQL expression may end in an error for some row, `None` for nothing.

    `types` holds the base type of each column. In doubt it may: a cast from an unknown type, a function of the user's.
    """
    tree = _parsed(expression)
    if tree is None:
        return "an expression that could not be read"
    finder = _Finder(types)
    finder(tree)
    return finder.found


class _Finder(Visitor):
    """Notes the first division, cast or function that may raise."""

    def __init__(self, types: Mapping[str, str]) -> None:
        super().__init__()
        self.types = types
        self.found: str | None = None

    def visit_A_Expr(self, ancestors: object, node: Any) -> None:
        """Note a division by what may be zero."""
        if node.name[-1].sval in ("/", "%") and not _nonzero(node.rexpr):
            self.found = self.found or "a division"

    def visit_TypeCast(self, ancestors: object, node: Any) -> None:
        """Note a cast that not every value of its source survives."""
        target = node.typeName.names[-1].sval
        if isinstance(node.arg, ast.A_Const) or (target in _TEXTS and node.typeName.typmods is None):
            return
        source = self._type(node.arg)
        if source != target and (source, target) not in _WIDENING:
            self.found = self.found or f"a cast to {target}"

    def visit_FuncCall(self, ancestors: object, node: Any) -> None:
        """Note a function that is not known to take everything."""
        name = node.funcname[-1].sval
        if name not in _TOTAL:
            self.found = self.found or f"the function {name}"

    def _type(self, node: Any) -> str | None:
        """Return the base type of a column or a cast, `None` for all else."""
        kind = type(node)
        if kind is ast.TypeCast:
            return str(node.typeName.names[-1].sval)
        named = kind is ast.ColumnRef and type(node.fields[-1]) is ast.String
        return self.types.get(str(node.fields[-1].sval)) if named else None


def _nonzero(node: Any) -> bool:
    if isinstance(node, ast.TypeCast):
        return _nonzero(node.arg)
    if not isinstance(node, ast.A_Const) or node.isnull:
        return False
    value = node.val
    text = str(getattr(value, "ival", None) or getattr(value, "fval", None) or 0)
    return float(text) != 0
