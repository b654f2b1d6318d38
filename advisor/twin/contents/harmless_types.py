"""Types whose values cannot be read without running functions of a dump.

A superuser who writes statistics reads values of every type (`array_in`). A domain's values are checked, which
`without_checks` suspends; a range's are put in order and made canonical, which nothing can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

_FIRST_OF_DUMP = 16384
_RANGES = """
WITH RECURSIVE inside AS (
    SELECT t AS wanted, t AS type FROM unnest(%(types)s::oid[]) AS t
    UNION
    SELECT i.wanted, next.type
    FROM inside i JOIN pg_type t ON t.oid = i.type
    CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid
        UNION ALL SELECT r.rngtypid FROM pg_range r WHERE (to_jsonb(r) ->> 'rngmultitypid')::oid = t.oid
        UNION ALL SELECT a.atttypid FROM pg_attribute a
                  WHERE t.typrelid <> 0 AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS next (type)
)
SELECT DISTINCT i.wanted::bigint FROM inside i JOIN pg_range r ON r.rngtypid = i.type
WHERE r.rngsubopc >= %(first)s OR r.rngcanonical::oid >= %(first)s
"""
_CHECKS = "SELECT oid::bigint, contypid::bigint FROM pg_constraint WHERE contypid >= %s"
_SET = """
UPDATE pg_constraint c SET contypid = new.type FROM unnest(%s::oid[], %s::oid[]) AS new (oid, type)
WHERE c.oid = new.oid
"""


def types_with_functions(connection: psycopg.Connection[Any], types: Sequence[int]) -> frozenset[int]:
    """Return those of the types that hold a range whose order or canonical form is a dump's function."""
    rows = connection.execute(_RANGES, {"types": list(types), "first": _FIRST_OF_DUMP}).fetchall()
    return frozenset(type for (type,) in rows)


@contextmanager
def without_checks(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Suspend the checks of all domains inside an open transaction: their rows belong to no type until it ends."""
    rows = connection.execute(_CHECKS, [_FIRST_OF_DUMP]).fetchall()
    checks, types = [oid for oid, _ in rows], [type for _, type in rows]
    if checks:
        connection.execute(_SET.encode(), [checks, checks])
    yield
    if checks:
        connection.execute(_SET.encode(), [checks, types])
