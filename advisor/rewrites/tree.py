"""Parse trees that can be changed and written out again: PostgreSQL's own parser, and its printer in pglast."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pglast
import pglast.enums
from pglast.stream import RawStream

from advisor.catalog.index import quote_identifier

ast: Any = pglast.ast
"""The node classes; untyped, for nearly every field of a node may be one of many."""
enums: Any = pglast.enums
_AND, _OR = enums.BoolExprType.AND_EXPR, enums.BoolExprType.OR_EXPR
_CLAUSES = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]"""
    r"""|\b(?P<clause>(?<!DISTINCT )(?<!ROWS )(?<!DELETE )FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|RETURNING|SET"""
    r"""|ON CONFLICT|UNION ALL|UNION|(?:CROSS |LEFT |INNER )?JOIN|SELECT|USING|WHEN MATCHED|AND|BETWEEN)\b"""
)
_WIDE = 100
"""Characters from which on a statement is broken into lines."""
AGGREGATES = frozenset(
    [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "bool_and",
        "bool_or",
        "every",
        "bit_and",
        "bit_or",
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "json_object_agg",
        "jsonb_object_agg",
        "xmlagg",
        "stddev",
        "variance",
        "stddev_pop",
        "stddev_samp",
        "var_pop",
        "var_samp",
        "corr",
        "percentile_cont",
        "percentile_disc",
        "mode",
        "range_agg",
        "any_value",
    ]
)


class _Printer(RawStream):
    """Writes `value::type` where the type binds no wider than the value, as people do."""

    def print_node(self, node: Any, is_name: bool = False, is_symbol: bool = False) -> None:
        """Print one node; a cast of a parameter the short way."""
        if isinstance(node, ast.TypeCast) and isinstance(node.arg, ast.ParamRef):
            super().print_node(node.arg)
            self.write("::")
            super().print_node(node.typeName)
        else:
            super().print_node(node, is_name, is_symbol)


def parse(text: str) -> Any | None:
    """Return the tree of the one statement in `text`, `None` when there is none, several, or one that selects nothing.

    A SELECT without a list is fine below EXISTS; elsewhere its rows have no values that a rewrite could keep.
    """
    try:
        found = pglast.parse_sql(text)
    except (pglast.parser.ParseError, RecursionError, ValueError):
        return None
    return found[0].stmt if len(found) == 1 and not _selects_nothing(found[0].stmt) else None


def _selects_nothing(tree: Any) -> bool:
    exists = {id(node.subselect) for node in walk(tree) if isinstance(node, ast.SubLink) and _is_exists(node)}
    selects = [node for node in walk(tree) if isinstance(node, ast.SelectStmt) and id(node) not in exists]
    return any(not (node.targetList or node.valuesLists or node.larg) for node in selects)


def _is_exists(node: Any) -> bool:
    return bool(node.subLinkType == enums.SubLinkType.EXISTS_SUBLINK)


def render(tree: Any) -> str:
    """Return the tree as PostgreSQL text, long ones with each clause on a line of its own."""
    text = str(_Printer(special_functions=True, remove_pg_catalog_from_functions=True)(copy.deepcopy(tree)))
    return text if len(text) <= _WIDE else _broken(text)


def _broken(text: str) -> str:
    lines, depth, start, between = [], 0, 0, False
    for match in _CLAUSES.finditer(text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        clause = match["clause"]
        breaks = clause and clause != "BETWEEN" and not (between and clause == "AND")
        if depth == 0 and breaks and match.start() > start:
            lines.append(text[start : match.start()].rstrip())
            start = match.start()
        if depth == 0 and clause:
            between = clause == "BETWEEN"
    return "\n".join("  " + line if line.startswith("AND") else line for line in [*lines, text[start:]])


def statement(sql: str, **parts: Any) -> Any:
    """Return the tree of a statement of ours; `parts` stand in for the columns `__name__` in it."""
    tree = pglast.parse_sql(sql)[0].stmt
    return transformed(tree, lambda node: _part(node, parts))


def expression(sql: str, **parts: Any) -> Any:
    """Return the tree of an expression of ours; `parts` stand in for the columns `__name__` in it."""
    return statement(f"SELECT {sql}", **parts).targetList[0].val


def _part(node: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.ColumnRef) and len(node.fields) == 1 and isinstance(node.fields[0], ast.String):
        name = node.fields[0].sval
        if name.startswith("__") and name.endswith("__") and name[2:-2] in parts:
            return copy.deepcopy(parts[name[2:-2]])
    return node


def walk(node: Any) -> Iterator[Any]:
    """Yield every node below `node`, itself first."""
    if isinstance(node, tuple | list):
        for member in node:
            yield from walk(member)
    elif isinstance(node, ast.Node):
        yield node
        for name in node:
            yield from walk(getattr(node, name))


def transformed(node: Any, change: Callable[[Any], Any]) -> Any:
    """Return the node with every node below it, then itself, replaced by what `change` makes of it; works in place."""
    if isinstance(node, tuple | list):
        return tuple(transformed(member, change) for member in node)
    if not isinstance(node, ast.Node):
        return node
    for name in node:
        before = getattr(node, name)
        if isinstance(before, tuple | list | ast.Node):
            setattr(node, name, transformed(before, change))
    return change(node)


def duplicate(node: Any) -> Any:
    """Return a copy that shares nothing with `node`."""
    return copy.deepcopy(node)


def column(qualifier: str | None, name: str) -> Any:
    """Return the reference to a column."""
    prefix = f"{quote_identifier(qualifier)}." if qualifier else ""
    return expression(prefix + quote_identifier(name))


def parameters(node: Any) -> tuple[int, ...]:
    """Return the n of every `$n` below a node, rising."""
    return tuple(sorted({found.number for found in walk(node) if isinstance(found, ast.ParamRef)}))


def renumbered(node: Any, numbers: Mapping[int, int]) -> Any:
    """Give every `$n` its new number, in place."""
    for found in walk(node):
        if isinstance(found, ast.ParamRef):
            found.number = numbers[found.number]
    return node


def conjuncts(condition: Any) -> list[Any]:
    """Return the parts of a condition that are ANDed at its top."""
    return _flat(condition, _AND)


def disjuncts(condition: Any) -> list[Any]:
    """Return the parts of a condition that are ORed at its top."""
    return _flat(condition, _OR)


def _flat(condition: Any, kind: Any) -> list[Any]:
    if condition is None:
        return []
    if isinstance(condition, ast.BoolExpr) and condition.boolop == kind:
        return [part for argument in condition.args for part in _flat(argument, kind)]
    return [condition]


def all_of(*parts: Any) -> Any:
    """Return the parts ANDed; those that are `None` are left out, `None` when nothing is left."""
    return _joined([part for part in parts if part is not None], _AND)


def any_of(*parts: Any) -> Any:
    """Return the parts ORed."""
    return _joined(list(parts), _OR)


def _joined(parts: list[Any], kind: Any) -> Any:
    flat = [member for part in parts for member in _flat(part, kind)]
    if len(flat) < 2:
        return flat[0] if flat else None
    return ast.BoolExpr(boolop=kind, args=tuple(flat))


def equality(node: Any) -> tuple[Any, Any] | None:
    """Return both sides of `a = b` (or of `a IN (b)`, a list of one), `None` for anything else."""
    if not isinstance(node, ast.A_Expr) or tuple(part.sval for part in node.name) != ("=",):
        return None
    if node.kind == enums.A_Expr_Kind.AEXPR_OP and node.lexpr is not None:
        return node.lexpr, node.rexpr
    if node.kind == enums.A_Expr_Kind.AEXPR_IN and isinstance(node.rexpr, tuple) and len(node.rexpr) == 1:
        return node.lexpr, node.rexpr[0]
    return None


def parameter(node: Any) -> int | None:
    """Return n when the node is `$n`, cast or not."""
    while isinstance(node, ast.TypeCast):
        node = node.arg
    return node.number if isinstance(node, ast.ParamRef) else None


def is_aggregate(node: Any) -> bool:
    """Return whether a node is a call of an aggregate that every server has, and no window function."""
    return isinstance(node, ast.FuncCall) and node.over is None and node.funcname[-1].sval in AGGREGATES


def here(node: Any) -> Iterator[Any]:
    """Yield the nodes below `node` that belong to the same query level: subqueries are not entered."""
    if isinstance(node, tuple | list):
        for member in node:
            yield from here(member)
    elif isinstance(node, ast.Node):
        yield node
        if isinstance(node, ast.SelectStmt):
            return
        for name in node:
            yield from here(getattr(node, name))


def is_star(node: Any) -> bool:
    """Return whether a node is `*` or `table.*`."""
    return isinstance(node, ast.ColumnRef) and isinstance(node.fields[-1], ast.A_Star)


def row_list(nodes: Iterator[Any] | list[Any]) -> Any:
    """Return `(a, b, …)`."""
    return ast.RowExpr(args=tuple(nodes), row_format=enums.CoercionForm.COERCE_IMPLICIT_CAST)
