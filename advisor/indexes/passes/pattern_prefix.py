"""LIKE 'abc%': a b-tree can serve it only in byte order, that is with the C collation or a pattern operator class."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import IndexKey
from advisor.indexes.candidates.candidate import Need, Suggestion, key_of

ORDER = 50
CLASSES = {"text": "text_pattern_ops", "varchar": "varchar_pattern_ops", "bpchar": "bpchar_pattern_ops"}
BYTE_ORDER = frozenset({"C", "POSIX"})


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield the pattern's term alone and behind the equality set, with the operator class its collation needs."""
    for predicate in need.conditions:
        if predicate.kind != "prefix":
            continue
        column = need.column(predicate.term.column) if predicate.term.column else None
        plain = column is not None and column.collation in BYTE_ORDER
        base = (column.base_type if column else "") or predicate.type or "text"
        opclass = None if plain else CLASSES.get(base, "text_pattern_ops")
        key = IndexKey(predicate.term.expression, predicate.term.column, opclass)
        yield Suggestion(need.index((key,)), "pattern-prefix")
        if pinned := need.equalities[: need.context.options.width - 1]:
            yield Suggestion(need.index((*map(key_of, pinned), key)), "pattern-prefix")
