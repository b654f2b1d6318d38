"""BRIN: a range over a column whose order follows the table's, on a table too big for a cheap b-tree."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import Reference
from advisor.indexes.candidates.candidate import Need, Suggestion, key_of

ORDER = 70
CORRELATION = 0.9
PAGES = 1_024
"""Below eight ranges of 128 pages a block-range index cannot pay."""


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield a BRIN index per range column that is strongly correlated with the physical order of a big table."""
    if need.context.extent(need.table)[1] < PAGES:
        return
    joined = {p.term for p in need.conditions if any(isinstance(o, Reference) for o in p.operands)}
    for term in need.ranges:
        if term in joined:  # read once for each row of the other table, ranges of 128 pages each time
            continue
        statistics = need.column_statistics(term.column) if term.column else None
        if statistics and statistics.correlation is not None and abs(statistics.correlation) >= CORRELATION:
            yield Suggestion(need.index((key_of(term),), method="brin"), "block-range")
