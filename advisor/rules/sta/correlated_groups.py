"""STA003: groups over several columns whose number the planner cannot know."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.rules.sta.counted import GROUPS, OFF, ROWS, Counted, Expected, expected, groups
from advisor.rules.sta.remedy import cost, fix, is_covered

_SPARE = 1.2
"""How far the groups may exceed the product of the columns' distinct values, which are estimates themselves."""


class CorrelatedGroupsEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of STA003 shows for itself."""

    calls: float
    """Executions."""
    columns: list[str]
    """Columns that go together."""
    kinds: list[str]
    """Kinds of statistics that help."""
    estimated_rows: float
    """Rows that the planner expects."""
    rows_per_call: float | None
    """Rows that one execution returned."""
    q_error: float
    """How many times off the estimate is."""


class CorrelatedGroups(Rule):
    """Finds GROUP BY and DISTINCT over several columns that form far fewer or more groups than the planner expects.

    ## What it does
    For queries that group a whole table by two columns and more, compares the rows per call that pg_stat_statements
    counted (one a group) with the planner's own estimate on the twin. Reports those that are off by a factor of five
    and by a thousand groups, over at least 20 calls.

    ## Why is this bad?
    The planner multiplies the distinct values of the columns, and takes a tenth of the table when that is too much.
    With too many groups expected it sorts the table instead of hashing it, or spills; with too few its hash table
    outgrows `work_mem`. What is joined to the groups is planned on the wrong number, too.

    ## Known problems
    Groups of a part of the table (WHERE, joins), HAVING, LIMIT, expressions and partitioned tables are left alone:
    their number has other reasons, too. When more groups came than the columns' own statistics allow, those are wrong:
    raise `n_distinct` or the statistics target of the column instead.

    ## Example
    ```sql
    SELECT country, city, zip, count(*) FROM addresses GROUP BY 1, 2, 3;   -- 50 000 groups expected, 2 000 came
    ```

    ## Use instead
    ```sql
    CREATE STATISTICS addresses_groups (ndistinct) ON country, city, zip FROM addresses;
    ANALYZE addresses;
    ```
    `--write` writes it as an Alembic revision.

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 14.2.2.2, Multivariate N-Distinct Counts.
    """

    code = "STA003"
    name = "correlated-groups"
    evidence = CorrelatedGroupsEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each table and set of columns, about the heaviest query."""
        seen: set[ExtendedStatistics] = set()
        for query, shape in context.analysed():
            counted = groups(context, query, shape)
            estimate = expected(context, query, GROUPS) if counted else None
            if counted is None or estimate is None or not _misjudged(context, counted, estimate):
                continue
            table = counted.table
            statistics = ExtendedStatistics.on(table.schema, table.name, counted.columns, ("ndistinct",))
            if statistics not in seen and not is_covered(table, counted.columns, ("ndistinct",)):
                seen.add(statistics)
                yield self._finding(statistics, counted, estimate, context)

    def _finding(
        self, statistics: ExtendedStatistics, counted: Counted, estimate: Expected, context: RuleContext
    ) -> Finding:
        columns = ", ".join(statistics.columns)
        return self.finding(
            (counted.table.qualified, *statistics.columns),
            f"{columns} of {statistics.table}: {estimate.mean:,.0f} groups expected, {counted.came:,.0f} came",
            confidence="high",
            evidence=CorrelatedGroupsEvidence(
                calls=counted.query.calls,
                columns=list(statistics.columns),
                kinds=list(statistics.kinds),
                estimated_rows=round(estimate.mean, 1),
                rows_per_call=round(counted.came, 1),
                q_error=round(estimate.off(counted.came), 1),
            ),
            fix=fix(statistics),
            table=counted.table.qualified,
            query=counted.query.id,
            cost=cost(statistics, context),
            statistics=statistics,
        )


def _misjudged(context: RuleContext, counted: Counted, estimate: Expected) -> bool:
    if estimate.off(counted.came) < OFF or abs(counted.came - estimate.mean) < ROWS:
        return False
    table, rows = counted.table, context.rows(counted.occurrence)
    found = [context.statistics.column(table.schema, table.name, column) for column in counted.columns]
    known = [max(column.distinct(rows), 1.0) + (column.null_frac > 0) for column in found if column]
    return len(known) == len(found) and counted.came <= _SPARE * prod(known)
