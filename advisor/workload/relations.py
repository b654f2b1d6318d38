"""Which tables a statement names under an alias.

pglast's fingerprint leaves the name of a table out where the table has an alias: `SELECT a FROM customer t` and
`SELECT a FROM invoice t` share one. Whoever tells queries apart by it has to look at these names too.
"""

from __future__ import annotations

from typing import Any

import orjson
from pglast.parser import parse_sql_json


def aliased_tables(text: str) -> tuple[str, ...]:
    """Return the tables that carry an alias, with their schemas where given, in the order of the parse tree.

    Raises pglast's `ParseError` for a text it refuses.
    """
    found: list[str] = []
    pending: list[Any] = [orjson.loads(parse_sql_json(text))]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if "relname" in node and "alias" in node:
                found.append(".".join(str(node[part]) for part in ("schemaname", "relname") if part in node))
            pending.extend(reversed(node.values()))
        elif isinstance(node, list):
            pending.extend(reversed(node))
    return tuple(found)
