"""The share of rows a partial index's predicate keeps, judged from statistics; the planner is asked where one runs."""

from __future__ import annotations

import re

from advisor.catalog.schema import Table
from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.indexes.implication import conjuncts

UNKNOWN = 0.1
_NAME = r'(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<bare>[a-z_]\w*))'
_NULL = re.compile(rf"^{_NAME} IS (?P<no>NOT )?NULL$", re.IGNORECASE)
_EQUAL = re.compile(rf"^{_NAME} = (?:E?'(?P<text>(?:[^']|'')*)'|(?P<number>[\w.]+))(?:::.*)?$", re.IGNORECASE)
_FLAG = re.compile(rf"^(?P<no>NOT )?{_NAME}(?: IS (?P<value>TRUE|FALSE))?$", re.IGNORECASE)


def predicate_selectivity(where: str, table: Table, statistics: Statistics) -> float:
    """Return the share of rows that satisfy the predicate, 0 to 1; conditions count as independent."""
    share = 1.0
    for condition in sorted(conjuncts(where)):
        share *= _condition(condition, table, statistics)
    return share


def _condition(condition: str, table: Table, statistics: Statistics) -> float:
    for pattern, judge in ((_NULL, _null), (_EQUAL, _equal), (_FLAG, _flag)):
        if match := pattern.match(condition):
            name = (match["quoted"] or "").replace('""', '"') or match["bare"]
            found = statistics.column(table.schema, table.name, name)
            if found is not None:
                return judge(match, found, statistics.rows(table.schema, table.name))
    return UNKNOWN


def _null(match: re.Match[str], found: ColumnStatistics, rows: float) -> float:
    return 1 - found.null_frac if match["no"] else found.null_frac


def _equal(match: re.Match[str], found: ColumnStatistics, rows: float) -> float:
    value = match["number"] if match["text"] is None else match["text"].replace("''", "'")
    return value_frequency(found, value, rows)


def _flag(match: re.Match[str], found: ColumnStatistics, rows: float) -> float:
    negated = bool(match["no"]) != ((match["value"] or "true").lower() == "false")
    return value_frequency(found, "f" if negated else "t", rows)


def value_frequency(found: ColumnStatistics, value: str, rows: float) -> float:
    """Return the share of rows that hold the value."""
    common = dict(zip(found.most_common_vals or (), found.most_common_freqs or (), strict=False))
    if value in common:
        return common[value]
    if value.lower() in {"true", "false"} and value.lower()[0] in common:
        return common[value.lower()[0]]
    rest = max(1 - found.null_frac - sum(common.values()), 0.0)
    return rest / max(found.distinct(rows) - len(common), 1.0)
