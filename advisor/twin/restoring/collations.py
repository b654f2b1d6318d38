"""Collations that the twin lacks: the nearest that it has stands in under their names.

What the planner asks above all is whether a collation is C and whether it is deterministic. ICU's never are C, so a
libc collation that is not C stands in; only the order of values, and with it estimates of ranges, may differ.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg import sql

_MISSING = re.compile(r'collation "(.+)" for encoding ".+" does not exist')
_NEAREST = """
SELECT collname FROM pg_collation
WHERE collnamespace = 'pg_catalog'::regnamespace AND collprovider = 'c' AND collname ~* 'utf-?8'
  AND collencoding IN (-1, (SELECT encoding FROM pg_database WHERE datname = current_database()))
ORDER BY collname ~* '^c\\.', collname COLLATE "C" LIMIT 1
"""
_UNDETERMINED = """
UPDATE pg_collation SET collisdeterministic = false WHERE collname = %s AND collnamespace = %s::regnamespace
"""


def stand_in(superuser: psycopg.Connection[Any], text: str, error: psycopg.Error) -> tuple[bool, str] | None:
    """Make a stand-in for the collation that a statement makes or names in vain.

    Return whether the statement is to be run again, and a note; `None` when it is not for a collation that it failed.
    """
    import pglast

    node: Any = pglast.parse_sql(text)[0].stmt
    if type(node).__name__ == "DefineStmt" and node.kind.name == "OBJECT_COLLATION":
        given = {each.defname: each.arg for each in node.definition or () if hasattr(each, "defname")}
        flag = getattr(given.get("deterministic"), "sval", "true")
        return False, _make(superuser, [part.sval for part in node.defnames], flag.lower() in ("false", "off", "0"))
    found = _MISSING.fullmatch(error.diag.message_primary or "")
    names = found and next((name for name in _named(node) if ".".join(name) == found[1]), None)
    return (True, _make(superuser, names, loose=False)) if names else None


def _named(node: Any) -> list[list[str]]:
    """Return the collations that a parsed statement names, part by part."""
    if isinstance(node, tuple | list):
        return [name for part in node for name in _named(part)]
    if not hasattr(node, "__slots__"):
        return []
    own = getattr(node, "collname", None) or getattr(node, "collation", None)
    names = [[part.sval for part in own]] if isinstance(own, tuple) else []
    return names + [name for slot in node for name in _named(getattr(node, slot, None))]


def _make(superuser: psycopg.Connection[Any], names: list[str], loose: bool) -> str:
    """Make the stand-in, which is not deterministic when `loose`; return a note."""
    schema, name = names if len(names) == 2 else ("pg_catalog", names[-1])
    row = superuser.execute(_NEAREST.encode()).fetchone()
    nearest = str(row[0]) if row else "C"
    made = sql.SQL("CREATE COLLATION {} FROM pg_catalog.{}")
    superuser.execute(made.format(sql.Identifier(schema, name), sql.Identifier(nearest)))
    if loose:
        superuser.execute(_UNDETERMINED, [name, sql.Identifier(schema).as_string()])
    return (
        f'collation {".".join(names)} is unknown here: "{nearest}" stands in, and ranges over its values are estimated'
        " in that order"
    )
