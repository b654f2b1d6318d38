"""How long a value may become: an index tuple that outgrows a page fails the application's INSERT.

A b-tree refuses tuples of more than a third of a page (2704 bytes, `BTMaxItemSize` in nbtree.h), other methods those
of a page, whenever such a value first comes: the build may succeed and a write a year later fail. A type with a length
bounds its values; for others the longest value that ANALYZE kept tells, with room for longer ones. ANALYZE keeps no
value wider than 1024 bytes (`WIDTH_THRESHOLD` in analyze.c), so a column of such values shows by its average width.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor.catalog.index import IndexDefinition
from advisor.catalog.schema import Column, Table
from advisor.catalog.statistics import ColumnStatistics, Statistics

LIMIT = 2704
"""Bytes of the longest b-tree tuple."""
_ROOM = 4
"""How many times longer than the longest value seen the next ones are taken to be at most."""
_HEADER = 4
"""Bytes before a value of variable length, which its average width counts."""
_WIDEST = 4
"""Bytes of a character (UTF-8)."""
_TEXT = frozenset({"text", "varchar", "bpchar", "citext", "name"})
_SHORT = frozenset({"numeric", "inet", "cidr", "varbit", "bit"})
"""Types of variable length whose values nobody makes long."""
_SHORT_BYTES = 40
_LENGTH = re.compile(r"\((\d+)\)$")


def too_long(definition: IndexDefinition, table: Table, statistics: Statistics) -> str | None:
    """Return the column that may make a tuple of this index too long, `None` where all are bounded well below.

    Payload must be bounded by its type or by what was seen; a key only must not be known to be long, as no other index
    can serve an equality on it (but a hash, which has no such limit). Expressions are left alone.
    """
    if definition.method not in ("btree", "gist"):
        return None
    total = 0
    for name, payload in _stored(definition):
        column = table.column(name)
        if column is None:
            continue
        seen = _seen(table, name, statistics)
        bound = longest(column, seen)
        if bound is None and (payload or _wide(seen)):
            return name
        total += bound or 0
        if total > LIMIT:
            return name
    return None


def longest(column: Column, seen: ColumnStatistics | None) -> int | None:
    """Return the bytes that a value of the column takes at most as far as anyone knows, `None` where nobody does."""
    if column.length > 0:
        return column.length
    if column.base_type in _SHORT:
        return _SHORT_BYTES
    if column.base_type not in _TEXT:
        return None
    if declared := _LENGTH.search(column.type):
        return min(int(declared[1]) * _WIDEST, _known(seen) or LIMIT + 1)
    return _known(seen)


def _known(seen: ColumnStatistics | None) -> int | None:
    """Return the longest value that ANALYZE kept, with room for longer ones."""
    values: Iterable[str] = (*(seen.most_common_vals or ()), *(seen.histogram_bounds or ())) if seen else ()
    lengths = [len(value.encode()) for value in values]
    if not seen or not lengths or seen.avg_width > max(lengths) + _HEADER:
        return None
    return max(lengths) * _ROOM


def _wide(seen: ColumnStatistics | None) -> bool:
    return seen is not None and seen.avg_width * _ROOM > LIMIT


def _stored(definition: IndexDefinition) -> Iterable[tuple[str, bool]]:
    yield from ((key.column, False) for key in definition.keys if key.column)
    yield from ((name, True) for name in definition.include)


def _seen(table: Table, name: str, statistics: Statistics) -> ColumnStatistics | None:
    key = table.schema, table.name, name
    return statistics.columns.get(key) or statistics.inherited.get(key)
