"""STA002: columns that go together, which the planner does not know."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import QueryShape
from advisor.catalog.extended_statistics import ExtendedStatistics, StatisticsKind
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.rules.sta.condition_share import deciding, selectivities
from advisor.rules.sta.counted import OFF, ROWS, SCANS, Counted, Expected, captured, conditions, expected
from advisor.rules.sta.remedy import cost, fix, is_covered
from advisor.workload.model import Query

MOST_COMMON = 100
"""Combinations an `mcv` list holds: `default_statistics_target`."""
_TOLERANCE = {"logged": 1.4, "sampled": 2.0, "captured": 2.0}
"""Factor by which the rows that came may differ from what one deciding column predicts, by basis of the values."""


class CorrelatedColumnsEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of STA002 shows for itself."""

    calls: float
    """Executions."""
    columns: list[str]
    """Columns that go together."""
    kinds: list[str]
    """Kinds of statistics that help."""
    estimated_rows: float
    """Rows that the planner expects."""
    highest_estimate: float
    """The highest of its estimates."""
    rows_per_call: float | None
    """Rows that one execution returned."""
    q_error: float
    """How many times off the estimate is."""
    basis: str
    """Where the real rows come from."""
    statements_planned: int
    """Statements planned for it."""
    queries: list[str]
    """Ids of the queries concerned."""


class CorrelatedColumns(Rule):
    """Finds equality conditions on several columns that return far more rows than the planner expects.

    ## What it does
    For queries that return (or change) the rows of one table that meet equalities on two columns and more, compares
    the rows per call that pg_stat_statements counted with the planner's own estimate on the twin, for the values that
    were logged. Reports those where even the highest of these estimates is too low by a factor of five and by a
    thousand rows, over at least 20 calls. Where auto_explain wrote the query's slowest plan with `log_analyze` (as text
    or JSON), what its scans expected and found counts as well, under joins and LIMIT, too.

    The kinds follow from the numbers. When the rarest condition alone selects what all of them did, one column decides
    the others: `dependencies`, and `mcv` as well while its list of a hundred combinations holds them all. Else, when
    the combinations asked for make up a hundredth of the table and more, `mcv`.

    ## Why is this bad?
    The planner multiplies the selectivities: city and postcode count as if each halved the rows again. An estimate of
    one row where a thousand come makes it choose nested loops and the wrong index.

    ## Known problems
    Nothing is said where the number of rows has other reasons, too: joins, LIMIT, ranges, OR, partitioned tables,
    stale statistics (STA001), `= ANY` of an array whose length is not known. Without a log the values come from the
    planner's statistics: confidence is medium, and the comparison is with the commonest of them. The twin does not
    hold the data of statistics objects that exist: columns that one of them covers are left alone.

    ## Example
    ```sql
    SELECT * FROM addresses WHERE city = 'Bern' AND zip = '3011';   -- estimated 12 rows, 9 800 came
    ```

    ## Use instead
    ```sql
    CREATE STATISTICS addresses_city_zip (dependencies) ON city, zip FROM addresses;
    ANALYZE addresses;
    ```
    `--write` writes it as an Alembic revision.

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 14.2.2, Extended Statistics.
    """

    code = "STA002"
    name = "correlated-columns"
    evidence = CorrelatedColumnsEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each table and set of columns, about the heaviest query it hurts."""
        hurt: dict[ExtendedStatistics, list[tuple[Counted, Expected]]] = {}
        for query, shape in context.analysed():
            for counted, estimate in _compared(context, query, shape):
                if statistics := _misjudged(context, counted, estimate):
                    hurt.setdefault(statistics, []).append((counted, estimate))
                    break
        for statistics, queries in hurt.items():
            if not any(_serves(other, statistics) for other in hurt if other != statistics):
                yield self._finding(statistics, queries, context)

    def _finding(
        self, statistics: ExtendedStatistics, queries: list[tuple[Counted, Expected]], context: RuleContext
    ) -> Finding:
        counted, estimate = queries[0]
        columns = ", ".join(statistics.columns)
        return self.finding(
            (counted.table.qualified, *statistics.columns),
            f"{columns} of {statistics.table} correlate: {max(estimate.mean, 1):,.0f} rows expected,"
            f" {counted.came:,.0f} came",
            confidence="medium" if estimate.basis == "sampled" else "high",
            evidence=CorrelatedColumnsEvidence(
                calls=counted.query.calls,
                columns=list(statistics.columns),
                kinds=list(statistics.kinds),
                estimated_rows=round(estimate.mean, 1),
                highest_estimate=estimate.highest,
                rows_per_call=round(counted.came, 1),
                q_error=round(estimate.off(counted.came), 1),
                basis=estimate.basis,
                statements_planned=estimate.statements,
                queries=[one.query.id for one, _ in queries],
            ),
            fix=fix(statistics),
            table=counted.table.qualified,
            query=counted.query.id,
            cost=cost(statistics, context),
            statistics=statistics,
        )


def _compared(context: RuleContext, query: Query, shape: QueryShape) -> Iterator[tuple[Counted, Expected]]:
    """Yield what came of a query against what was expected: as counted over all calls, and as auto_explain saw it."""
    counted = conditions(context, query, shape)
    estimate = expected(context, query, SCANS) if counted else None
    unknown_list = "/*, ... */" in query.text
    if counted and estimate and not (estimate.basis == "sampled" and unknown_list):
        yield counted, estimate
    if not unknown_list:
        yield from captured(context, query, shape)


def _misjudged(context: RuleContext, counted: Counted, estimate: Expected) -> ExtendedStatistics | None:
    """Return the statistics object that would put a wrong estimate right; `None` when it is right, or none would."""
    if counted.came < OFF * max(estimate.highest, 1) or counted.came - estimate.highest < ROWS:
        return None
    columns, kinds = _remedy(context, counted, estimate)
    if not kinds or is_covered(counted.table, columns, ("dependencies", "mcv")):
        return None
    return ExtendedStatistics.on(counted.table.schema, counted.table.name, columns, kinds)


def _remedy(
    context: RuleContext, counted: Counted, estimate: Expected
) -> tuple[tuple[str, ...], tuple[StatisticsKind, ...]]:
    """Return the columns that go together and the kinds that tell the planner, none when no kind would."""
    shares, tolerance = selectivities(context, counted), _TOLERANCE[estimate.basis]
    selected = counted.came / context.rows(counted.occurrence)
    if not shares or selected > tolerance * min(shares.values()):
        return (), ()  # no more can meet all conditions than meet the rarest: something else is wrong
    if columns := deciding(shares, selected, tolerance):
        return columns, ("dependencies", "mcv") if _few(context, counted, columns) else ("dependencies",)
    return counted.columns, ("mcv",) if selected * MOST_COMMON >= 1 else ()


def _few(context: RuleContext, counted: Counted, columns: tuple[str, ...]) -> bool:
    """Return whether an mcv list holds all combinations, of which there are as many as values of the deciding column.

    Those beyond a list are estimated as if independent, whatever the dependencies: then better no list at all.
    """
    rows, table = context.rows(counted.occurrence), counted.table
    found = [context.statistics.column(table.schema, table.name, column) for column in columns]
    return max(column.distinct(rows) for column in found if column) <= MOST_COMMON


def _serves(larger: ExtendedStatistics, smaller: ExtendedStatistics) -> bool:
    same = (larger.table_schema, larger.table) == (smaller.table_schema, smaller.table)
    return same and set(smaller.columns) < set(larger.columns) and set(smaller.kinds) <= set(larger.kinds)
