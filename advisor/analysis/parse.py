"""Text in, parse tree out: PostgreSQL's own parser, its tree as plain dictionaries.

The JSON form of the tree is read because it keeps the place of every literal and is five times cheaper than
pglast's node objects.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import orjson
from pglast import parser

Node: TypeAlias = dict[str, Any]
"""A node of the parse tree: `{"SelectStmt": {...}}` where its type varies, the bare fields where it does not."""


class Refused(Exception):
    """The text has no single parse tree; the message says why."""


def statement(text: str) -> Node:
    """Return the tree of the one statement in `text`; raises `Refused` when there is none, or several."""
    try:
        tree = orjson.loads(parser.parse_sql_json(text.replace("\0", " ")))
    except parser.ParseError as error:
        raise Refused(f"the parser refuses it: {error.args[0]}") from error
    except orjson.JSONDecodeError as error:
        raise Refused("it is nested too deeply") from error
    statements = tree.get("stmts", [])
    if len(statements) != 1:
        raise Refused("it holds no statement" if not statements else f"it holds {len(statements)} statements")
    node: Node = statements[0].get("stmt", {})
    return node


def kind(node: Node | None) -> str:
    """Return the node's type, for example `ColumnRef`; empty for no node."""
    return next(iter(node), "") if node else ""


def body(node: Node) -> Node:
    """Return the fields of a node whose type is known."""
    fields: Node = next(iter(node.values()))
    return fields


def names(nodes: list[Node] | None) -> tuple[str, ...]:
    """Return the strings of a list of String nodes (a qualified name); other nodes are left out."""
    return tuple(node["String"].get("sval", "") for node in nodes or () if "String" in node)
