"""What the search may choose from besides our advice: per statement and table the best of our own candidates."""

from __future__ import annotations

from advisor.catalog.index import IndexDefinition
from advisor.indexes.costing.costing import Costs, Question
from advisor.indexes.costing.pool import Pool
from advisor.indexes.gather_candidates import gather
from advisor.indexes.index_options import AdviseOptions
from advisor.pipeline.analysed import Analysed
from advisor.twin.start import Twin

BEST = 3
"""Candidates per statement and table, those of the lowest cost alone."""
NEAR = 1.5
"""The smallest one within this many times the lowest cost is looked at too."""


def candidates(analysed: Analysed, twin: Twin) -> list[IndexDefinition]:
    """Return the definitions worth building, in a stable order."""
    found = gather(analysed.workload, analysed.shapes, twin.schema, twin.statistics, AdviseOptions(min_share=0.0))
    pool = Pool(twin.schema, twin.statistics, twin.what_if)
    pool.extend(found.suggestions)
    costs = Costs(twin.what_if, analysed.statements, pool.names, None)
    chosen: dict[IndexDefinition, None] = {}
    for query, numbers in sorted(found.relevant.items()):
        costs.ask([Question(query), *(Question(query, frozenset({n})) for n in pool.usable(numbers))])
        before = costs.outcome(query)
        rated: dict[str, list[tuple[float, int, int]]] = {}
        for number in sorted(pool.usable(numbers)):
            after = costs.outcome(query, frozenset({number}))
            if before and after and number in after.used and after.cost < before.cost * 0.95:
                rated.setdefault(pool.definitions[number].table, []).append(
                    (after.cost, pool.sizes[number].bytes, number)
                )
        for some in rated.values():
            best = sorted(some)[:BEST]
            smallest = min((one for one in some if one[0] <= best[0][0] * NEAR), key=lambda one: (one[1], one[2]))
            chosen |= dict.fromkeys(pool.definitions[number] for _, _, number in (*best, smallest))
    return list(chosen)
