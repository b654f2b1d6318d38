"""Unindexed foreign keys: every delete of a parent row (or update of its key) searches each child table by its key."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.indexes.candidates.candidate import Need, Suggestion

ORDER = 80


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield an index on each child's foreign key columns when the query deletes from the parent."""
    if need.occurrence.role not in {"delete", "merge"}:
        return
    for child, columns in need.context.children.get((need.table.schema, need.table.name), ()):
        keys = tuple(IndexKey.of(name) for name in columns)
        yield Suggestion(IndexDefinition(child.schema, child.name, keys), "foreign-keys")
