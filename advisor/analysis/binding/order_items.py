"""ORDER BY and GROUP BY items: positions, output names and expressions."""

from __future__ import annotations

from advisor.analysis.binding.bind import bind
from advisor.analysis.binding.scope import Scope
from advisor.analysis.binding.state import Ordering, State
from advisor.analysis.expression import Expression, Unknown
from advisor.analysis.parse import Node, names


def ordering(state: State, scope: Scope, node: Node, *, positions: bool = True) -> Ordering:
    """Return a SortBy node as expression, direction and place of NULLs."""
    fields = node["SortBy"]
    expression = (
        item(state, scope, fields["node"], names_first=True) if positions else bind(state, scope, fields["node"])
    )
    descending = fields.get("sortby_dir") == "SORTBY_DESC"
    if fields.get("sortby_dir") == "SORTBY_USING":
        descending = names(fields.get("useOp"))[-1:] in ((">",), (">=",))
    nulls = fields.get("sortby_nulls", "SORTBY_NULLS_DEFAULT")
    return Ordering(expression, descending, descending if nulls.endswith("DEFAULT") else nulls.endswith("FIRST"))


def item(state: State, scope: Scope, node: Node, *, names_first: bool) -> Expression:
    """Return what an ORDER BY (`names_first`) or GROUP BY item means.

    An integer is the position of an output column. A bare name is an output column's before it is a table's in
    ORDER BY, and after it in GROUP BY.
    """
    level = scope.level
    if level is not None and "ival" in node.get("A_Const", {}):
        position = node["A_Const"]["ival"].get("ival", 0)
        inside = 1 <= position <= len(level.targets)
        return level.targets[position - 1].expression if inside else Unknown(str(position))
    name = names(node.get("ColumnRef", {}).get("fields"))
    if level is not None and len(name) == 1:
        found = [target.expression for target in level.targets if target.name == name[0]]
        seen = name[0] in scope.merged or any(name[0] in source.columns for source in scope.sources)
        if found and (names_first or not seen):
            return found[0]
    return bind(state, scope, node)
