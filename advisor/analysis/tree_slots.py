"""Slots: which literal or parameter of a text is which `$n` of pg_stat_statements' normalised text.

`$n` keeps its number; literals follow after the highest `$n` in the order of the text; a list of nothing but literals
is one slot, as PostgreSQL 18 folds it. Positions (`ORDER BY 1`) and type modifiers are no literals to the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from advisor.analysis.parse import Node
from advisor.workload.counting.text_slots import folded_list

NAMES = ("fields", "name", "funcname", "RangeVar")
"""What holds names only."""
POSITIONS = ("sortClause", "groupClause", "distinctClause")


def slots(tree: Node) -> Mapping[int, int]:
    """Return the slot of each literal of a statement, by its byte offset in the text."""
    highest = 0
    places: set[tuple[int, ...]] = set()
    for what in _walk(tree):
        if isinstance(what, int):
            highest = max(highest, what)
        else:
            places.add(what)
    numbered = enumerate(sorted(places), start=highest)
    return {place: slot for slot, together in numbered for place in together}


def _walk(root: Any) -> Iterator[int | tuple[int, ...]]:
    """Yield the number of each parameter and the places of each literal, or list of literals, that is one slot."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            if "A_Const" in node:
                if node["A_Const"].get("location", 0) >= 0:  # CYCLE adds constants that stand nowhere
                    yield (node["A_Const"].get("location", 0),)
            elif "ParamRef" in node:
                yield node["ParamRef"].get("number", 0)
            elif (together := _folded(node)) is not None:
                yield together
                pending.append(next(iter(node.values())).get("lexpr"))
            else:
                pending.extend(_counted(key, value) for key, value in node.items() if isinstance(value, (dict, list)))


def _counted(key: str, value: Any) -> Any:
    """Return what stands under this key as far as it can hold a literal."""
    if key == "typeName" or key in NAMES:
        return None
    if key in POSITIONS:
        return [item for item in value if not is_position(item.get("SortBy", {}).get("node", item))]
    return value


def is_position(node: Node) -> bool:
    """Whether a sort or group item is a bare integer: the position of an output column."""
    return "ival" in node.get("A_Const", {})


def _folded(node: Node) -> tuple[int, ...] | None:
    """Return the places of a list of nothing but literals, `None` when the node is no such list."""
    items = folded_list(node)
    return tuple(item["A_Const"].get("location", 0) for item in items) if items else None


def references(tree: Node) -> Mapping[str, int]:
    """Return how often each relation name without a schema is mentioned in a statement."""
    found: dict[str, int] = {}
    pending: list[Any] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            table = node.get("RangeVar")
            if table and "schemaname" not in table:
                found[table.get("relname", "")] = found.get(table.get("relname", ""), 0) + 1
            pending.extend(value for value in node.values() if isinstance(value, (dict, list)))
    return found
