"""Hash: equality on one wide column, where a b-tree would store the whole value again."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.indexes.candidates.candidate import Need, Suggestion, key_of

ORDER = 75
WIDTH = 40
"""Bytes from which four bytes of hash are clearly smaller than the value."""


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield a hash index per wide and selective column compared for equality."""
    for term in need.equalities:
        statistics = need.column_statistics(term.column) if term.column else None
        if statistics and statistics.avg_width >= WIDTH and need.distinct(term) * 10 >= need.rows:
            yield Suggestion(need.index((key_of(term),), method="hash"), "hashed")
