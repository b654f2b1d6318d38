"""What makes two statements the same query: their parse trees without values, as pg_stat_statements sees them.

PostgreSQL jumbles the analysed tree into a queryid (src/backend/nodes/queryjumblefuncs.c); this is the same of the raw
tree, so that no catalog is needed. It tells apart what PostgreSQL tells apart, and besides: the schema that is written,
and how a column is written. Lists of values count as one value, as PostgreSQL 18 has it. Which statements are kept
apart or together other than by PostgreSQL is listed in docs/identity.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

SKIPPED = frozenset(
    {"location", "stmt_location", "stmt_len", "name_location", "arg_location", "typmods", "rexpr_list_start",
     "rexpr_list_end", "list_start", "list_end"}
)  # fmt: skip
"""Where something stands in the text, and type modifiers."""
FOLDED = "/*, ... */"
"""What PostgreSQL 18 writes for the further values of a list."""
VALUE, SEVERAL = "?", "several"


def jumble(text: str) -> str:
    """Return the hash of a statement, hexadecimal; raises pglast's `ParseError` for what the parser refuses."""
    from pglast.parser import parse_sql_json

    digest = hashlib.blake2b(digest_size=8)
    for token in _tokens(orjson.loads(parse_sql_json(text.replace(FOLDED, ", $1")))["stmts"]):
        digest.update(token.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def _tokens(root: Any) -> Iterator[str]:
    """Yield what counts of a tree, in order."""
    pending: list[Any] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if "A_Const" in node or "ParamRef" in node:
                yield VALUE
                continue
            for name, value in reversed(_fields(node)):
                pending += (value, name)
        elif isinstance(node, list):
            yield f"[{len(node)}"
            pending.extend(reversed(node))
        else:
            yield str(node)


def _fields(node: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the fields of a node that count."""
    found = [(name, value) for name, value in node.items() if name not in SKIPPED]
    if node.get("kind") == "AEXPR_IN" and _only_values(_items(node.get("rexpr", {}))):
        found = [(name, ["list"] if name == "rexpr" else value) for name, value in found]
    elif "elements" in node and _only_values(node["elements"]):
        found = [("elements", ["list"])]
    elif "valuesLists" in node and len(node["valuesLists"]) > 1:
        found = [(name, [value[0], SEVERAL] if name == "valuesLists" else value) for name, value in found]
    elif "targetList" in node and "fromClause" in node:
        found = [(name, _unnamed(value) if name == "targetList" else value) for name, value in found]
    return found


def _items(node: dict[str, Any]) -> list[Any]:
    found: list[Any] = node.get("List", {}).get("items", [])
    return found


def _only_values(items: list[Any]) -> bool:
    """Return whether a list holds values only, which may be cast or negative."""
    return bool(items) and all(_plain(item) for item in items)


def _plain(item: dict[str, Any]) -> bool:
    return "A_Const" in item or "ParamRef" in item or ("TypeCast" in item and _plain(item["TypeCast"].get("arg", {})))


def _unnamed(targets: list[Any]) -> list[Any]:
    """Return the columns of a SELECT without the names it gives them: they are no part of the question."""
    return [
        {"ResTarget": {name: value for name, value in target["ResTarget"].items() if name != "name"}}
        if "ResTarget" in target else target
        for target in targets
    ]  # fmt: skip
