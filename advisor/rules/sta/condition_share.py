"""Share of a table's rows that one condition selects, by the statistics of its column alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import log, prod

from advisor.analysis.shape import Constant, Operand, Parameter, Predicate
from advisor.catalog.statistics import ColumnStatistics
from advisor.rules.context import RuleContext
from advisor.rules.sta.counted import Counted
from advisor.workload.model import Query

_TRUTH = {"TRUE": "t", "FALSE": "f", "true": "t", "false": "f"}


def selectivities(context: RuleContext, counted: Counted) -> Mapping[str, float] | None:
    """Return each column's share of rows, a mean over the values that were asked for; `None` when one is unknown."""
    rows = context.rows(counted.occurrence)
    found: dict[str, float] = {}
    for predicate in counted.occurrence.predicates:
        column = predicate.term.columns[0]
        statistics = context.statistics.column(counted.table.schema, counted.table.name, column)
        if statistics is None or (predicate.kind == "list" and predicate.operator == "= ANY"):
            return None
        found[column] = min(found.get(column, 1.0), _share(predicate, counted.query, statistics, rows))
    return found


def deciding(shares: Mapping[str, float], selected: float, tolerance: float) -> tuple[str, ...]:
    """Return the columns of which one decides the others, if that explains the share of rows that was selected.

    Where it holds, the rarest of these conditions alone selects what all of them do, while the conditions on other
    columns count as independent. Empty when no choice of columns comes within `tolerance` (a factor) of what came.
    """
    best: tuple[float, int, tuple[str, ...]] | None = None
    for chosen in _subsets(sorted(shares)):
        rest = prod(share for column, share in shares.items() if column not in chosen)
        predicted = min(shares[column] for column in chosen) * rest
        if predicted <= 0 or selected <= 0:
            continue
        distance = abs(log(selected / predicted))
        if distance <= log(tolerance):
            distance = round(distance, 1)  # of nearly equal explanations the one with fewer columns
            best = min(best or (distance, len(chosen), chosen), (distance, len(chosen), chosen))
    return best[2] if best else ()


def _subsets(columns: list[str]) -> Iterator[tuple[str, ...]]:
    for size in range(2, len(columns) + 1):
        yield from combinations(columns, size)


def _share(predicate: Predicate, query: Query, statistics: ColumnStatistics, rows: float) -> float:
    total = sum(_operand(operand, query, statistics, rows) for operand in predicate.operands)
    return min(1.0, total)


def _operand(operand: Operand, query: Query, statistics: ColumnStatistics, rows: float) -> float:
    slot = operand.slot if isinstance(operand, Constant | Parameter) else None
    if slot is not None and slot < len(query.slots) and query.slots[slot].common:
        weights = query.slots[slot].common
        total = sum(weight for _, weight in weights)
        return sum(_of_value(value, statistics, rows) * weight for value, weight in weights) / total
    if isinstance(operand, Constant):
        return _of_value(operand.value, statistics, rows)
    return (1 - statistics.null_frac) / max(statistics.distinct(rows), 1.0)


def _of_value(value: str | None, statistics: ColumnStatistics, rows: float) -> float:
    if value is None:
        return 0.0
    common = dict(zip(statistics.most_common_vals or (), statistics.most_common_freqs or (), strict=False))
    for form in (value, _TRUTH.get(value, value)):
        if form in common:
            return common[form]
    others = max(statistics.distinct(rows) - len(common), 1.0)
    return max(1 - statistics.null_frac - sum(common.values()), 0.0) / others
