"""Names of tables and indexes as a baseline writes them: bare in `public`, with their schema elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable

from advisor.catalog.schema import Schema
from advisor.twin.statement import BoundStatement

Named = Callable[[str], str]
"""Turns the bare name of a relation of one plan into the name in the baseline."""
PLAIN = "public"
_BODY = re.compile(
    r'CREATE (?P<unique>UNIQUE )?INDEX (?:"(?:[^"]|"")*"|\S+) ON (?:ONLY )?(?P<table>\S.*?) (?P<body>USING \w+ .*)',
    re.DOTALL,
)


def label(schema: str, name: str) -> str:
    """Return the name of a relation in a baseline."""
    return name if schema == PLAIN else f"{schema}.{name}"


def naming(schema: Schema, statement: BoundStatement) -> Named:
    """Return how the tables of a statement's plan are named: EXPLAIN writes them without their schema.

    Where several schemas have such a table, it is the one that the text names, else the first in the search path.
    """
    homes: dict[str, list[str]] = {}
    for namespace, name in schema.tables:
        homes.setdefault(name, []).append(namespace)
    path = [*(statement.search_path or schema.search_path), PLAIN]

    def named(name: str) -> str:
        known = homes.get(name, [])
        if len(known) > 1:
            said = [one for one in known if f"{one}.{name}" in statement.text.replace('"', "")]
            known = said or sorted(known, key=lambda one: path.index(one) if one in path else len(path))
        return label(known[0], name) if known else name

    return named


def body(definition: str) -> str:
    """Return what an index definition says beside its own name and its table's."""
    found = _BODY.fullmatch(definition)
    return f"{found['unique'] or ''}{found['body']}" if found else definition


def table_of(definition: str) -> str:
    """Return the table of an index definition, as it stands there; empty where it cannot be read."""
    found = _BODY.fullmatch(definition)
    return found["table"] if found else ""
