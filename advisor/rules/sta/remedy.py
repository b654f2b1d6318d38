"""What to do about columns that go together: a statistics object, and what it costs."""

from __future__ import annotations

from advisor.catalog.extended_statistics import ExtendedStatistics, StatisticsKind
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext

_SAMPLED = 30_000
"""Rows, and at most as many pages, that ANALYZE reads: 300 x `default_statistics_target`."""


def is_covered(table: Table, columns: tuple[str, ...], kinds: tuple[StatisticsKind, ...]) -> bool:
    """Return whether the table has a statistics object of such a kind on these columns already."""
    return any(existing.covers(columns, kinds) for existing in table.extended_statistics)


def fix(statistics: ExtendedStatistics) -> str:
    """Return the statements that make the object and fill it."""
    return f"{statistics.ddl}; ANALYZE {statistics.qualified_table}"


def cost(statistics: ExtendedStatistics, context: RuleContext) -> str:
    """Return what making, filling and keeping the object costs."""
    relation = context.statistics.relations.get((statistics.table_schema, statistics.table))
    pages = min(_SAMPLED, relation.pages) if relation else _SAMPLED
    columns = " and ".join(", ".join(statistics.columns).rsplit(", ", 1))
    return (
        f"ANALYZE reads {pages:,} pages ({pages * 8 / 1024:,.0f} MB) and blocks no reader or writer; from then on each"
        f" ANALYZE also compares {columns} of its sample, and planning looks at the object"
    )
