"""The tables that statements name, and whether they are among those asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from advisor.errors import UsageError

_NODES = ("RangeVar", "FuncCall", "CommonTableExpr")


class Name(NamedTuple):
    """A table's name as a statement has it, folded as the server folds it."""

    schema: str | None
    table: str


def tree_nodes(tree: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the nodes of a parse tree (pglast's JSON) that name tables, functions and common table expressions."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if "relname" in node and "inh" in node and "RangeVar" not in node:
                yield "RangeVar", node
            for kind in _NODES:
                if kind in node and kind != "RangeVar":
                    yield kind, node[kind]
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


@lru_cache(maxsize=4096)
def named_tables(text: str) -> frozenset[Name] | None:
    """Return the tables that a statement names, `None` where the parser refuses it."""
    from pglast.parser import ParseError, parse_sql_json

    try:
        nodes = list(tree_nodes(orjson.loads(parse_sql_json(text))))
    except (ParseError, RecursionError, orjson.JSONDecodeError):
        return None
    defined = {fields.get("ctename") for kind, fields in nodes if kind == "CommonTableExpr"}
    found = {Name(fields.get("schemaname"), fields.get("relname", "")) for kind, fields in nodes if kind == "RangeVar"}
    return frozenset(name for name in found if name.schema is not None or name.table not in defined)


def asked(names: Sequence[str]) -> frozenset[Name]:
    """Return tables as the user names them: `orders`, `shop.orders`, `"Orders"`.

    Raises `UsageError` for what SQL would not take as a table's name.
    """
    return frozenset(_asked(name) for name in names)


def _asked(name: str) -> Name:
    found = named_tables(f"SELECT FROM {name}")
    if found is None or len(found) != 1:
        raise UsageError(f"--table {name!r} is no table's name", do="write it as SQL does: orders, shop.orders")
    return next(iter(found))


def fits(named: frozenset[Name], wanted: frozenset[Name]) -> bool:
    """Return whether a statement names a table that is asked for; a schema counts where both sides give one."""
    return any(
        one.table == other.table and (None in (one.schema, other.schema) or one.schema == other.schema)
        for one in named
        for other in wanted
    )
