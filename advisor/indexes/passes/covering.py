"""Covering indexes: the few narrow columns a query still needs, as payload, so that the table is never visited."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import IndexDefinition
from advisor.indexes.candidates.candidate import Need, Suggestion
from advisor.indexes.replacing.implication import implies

ORDER = 90


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield every b-tree found for this table with the missing columns included, where they are few and narrow."""
    if need.occurrence.whole_row or need.occurrence.role != "read" or not need.context.options.include_columns:
        return
    for suggestion in found:
        base = suggestion.definition
        if base.method != "btree" or base.table != need.table.name or base.include:
            continue
        missing = missing_columns(need, base)
        if missing and affordable(need, base, missing):
            yield Suggestion(base.including(missing), "covering", suggestion.requires, suggestion.rests_on)


def missing_columns(need: Need, base: IndexDefinition) -> tuple[str, ...]:
    """Return the columns an index-only scan would miss; those the predicate of the index answers are not needed."""
    shape = need.occurrence
    wanted = set(shape.output)
    for predicate in shape.predicates:
        if not base.where or not predicate.sql or not implies(base.where, predicate.sql, need.table.types):
            wanted.update(predicate.term.columns)
    for terms in ([edge.term for edge in shape.joins], [key.term for key in shape.sort], shape.group):
        for term in terms:
            wanted.update(term.columns)
    return tuple(sorted(wanted - {key.column for key in base.keys if key.column}))


def affordable(need: Need, base: IndexDefinition, columns: tuple[str, ...]) -> bool:
    """Return whether the payload stays within the limits of the options."""
    options = need.context.options
    if len(columns) > options.include_columns:
        return False
    if len(columns) + len(base.keys) > max(options.include_share * len(need.table.columns), 3):
        return False
    updated = need.context.updated.get((need.table.schema, need.table.name), frozenset())
    if not options.include_updated and updated & set(columns):
        return False
    widths = [found.avg_width if (found := need.column_statistics(name)) else 32 for name in columns]
    return sum(widths) <= options.include_width
