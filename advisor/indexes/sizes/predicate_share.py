"""The share of rows a partial index's predicate keeps, judged from statistics; the planner is asked where one runs."""

from __future__ import annotations

from advisor.analysis.condition import Condition, Leaf, Node, column_of, condition, conjuncts
from advisor.catalog.schema import Table
from advisor.catalog.statistics import ColumnStatistics, Statistics

UNKNOWN = 0.1


def predicate_selectivity(where: str, table: Table, statistics: Statistics) -> float:
    """Return the share of rows that satisfy the predicate, 0 to 1; conditions count as independent."""
    tree = condition(where, table.types)
    if tree is None:
        return UNKNOWN
    share = 1.0
    for one in sorted(_share(part, table, statistics) for part in conjuncts(tree)):
        share *= one
    return share


def _share(part: Condition, table: Table, statistics: Statistics) -> float:
    if not isinstance(part, Leaf):
        return UNKNOWN
    node = part.node
    negated = "not" in node
    node = node.get("not", node)
    name = column_of(_operand(node))
    found = statistics.column(table.schema, table.name, name) if name else None
    if found is None:
        return UNKNOWN
    if "NullTest" in node and not negated:
        return found.null_frac if node["NullTest"]["nulltesttype"] == "IS_NULL" else 1 - found.null_frac
    rows = statistics.rows(table.schema, table.name)
    if "ColumnRef" in node:
        return value_frequency(found, "f" if negated else "t", rows)
    value = None if negated else _equal_to(node)
    return UNKNOWN if value is None else value_frequency(found, value, rows)


def _operand(node: Node) -> Node:
    """Return what a condition is about: a test's argument, a comparison's left side without casts, or itself."""
    found: Node = node.get("NullTest", {}).get("arg") or node.get("A_Expr", {}).get("lexpr") or node
    while "TypeCast" in found:
        found = found["TypeCast"]["arg"]
    return found


def _equal_to(node: Node) -> str | None:
    """Return the literal that a comparison for equality compares with."""
    fields = node.get("A_Expr", {})
    if fields.get("kind") != "AEXPR_OP" or fields["name"] != [{"String": {"sval": "="}}]:
        return None
    found = fields["rexpr"]
    while "TypeCast" in found:
        found = found["TypeCast"]["arg"]
    constant = found.get("A_Const", {})
    if "ival" in constant:
        return str(constant["ival"].get("ival", 0))
    if "boolval" in constant:
        return "true" if constant["boolval"].get("boolval") else "false"
    return next((str(part.get(kind, "")) for kind, part in constant.items() if kind in ("sval", "fval")), None)


def value_frequency(found: ColumnStatistics, value: str, rows: float) -> float:
    """Return the share of rows that hold the value."""
    common = dict(zip(found.most_common_vals or (), found.most_common_freqs or (), strict=False))
    if value in common:
        return common[value]
    if value.lower() in {"true", "false"} and value.lower()[0] in common:
        return common[value.lower()[0]]
    rest = max(1 - found.null_frac - sum(common.values()), 0.0)
    return rest / max(found.distinct(rows) - len(common), 1.0)
