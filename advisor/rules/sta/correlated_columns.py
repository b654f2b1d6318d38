"""STA002: columns that go together, which the planner does not know."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query

OFF = 10.0
"""How many times more rows than estimated must have come."""
ROWS = 100.0


class CorrelatedColumns(Rule):
    """Finds equality conditions on several columns whose result is far larger than the planner believes.

    ## What it does
    For queries on one table with equality on two columns and more, compares the rows that came (pg_stat_statements
    counts
    them) with the estimate under the assumption that the columns are independent.

    ## Why is this bad?
    The planner multiplies the selectivities: city and postcode, type and status count as if each halved the rows again.
    An estimate of one row where a thousand come makes it choose nested loops and the wrong index.

    ## Known problems
    The comparison takes average selectivities: a workload that asks for common values only looks correlated. Check with
    EXPLAIN ANALYZE before and after.

    ## Example
    ```sql
    SELECT * FROM addresses WHERE city = 'Bern' AND canton = 'BE';   -- estimated 12 rows, 9 800 came
    ```

    ## Use instead
    ```sql
    CREATE STATISTICS addresses_city_canton (dependencies, mcv) ON city, canton FROM addresses;
    ANALYZE addresses;
    ```

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 14.2.2, Extended Statistics.
    """

    code = "STA002"
    name = "correlated-columns"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each table and set of columns."""
        for query, shape in context.analysed():
            if query.rows is None or not query.calls or not _plain(shape) or not context.large(shape.tables[0]):
                continue
            occurrence, table = shape.tables[0], context.table(shape.tables[0])
            columns = _equal(occurrence)
            estimate = _estimate(occurrence, columns, context) if table else None
            came = query.rows / query.calls
            if table and estimate is not None and came >= max(ROWS, OFF * estimate):
                yield self._finding(query, table, columns, estimate, came)

    def _finding(self, query: Query, table: Table, columns: tuple[str, ...], estimate: float, came: float) -> Finding:
        name = "_".join((table.name, *columns))[:60]
        return self.finding(
            (table.qualified, *columns),
            f"{', '.join(columns)} of {table.name} correlate: {max(estimate, 1):,.0f} rows expected, {came:,.0f} came",
            confidence="medium",
            evidence={
                "calls": query.calls,
                "columns": list(columns),
                "estimated_rows": estimate,
                "rows_per_call": came,
            },
            fix=f"CREATE STATISTICS {name} (dependencies, mcv) ON {', '.join(columns)} FROM {table.qualified}; "
            f"ANALYZE {table.qualified}",
            table=table.qualified,
            query=query.id,
            cost="a little more work for each ANALYZE",
        )


def _plain(shape: QueryShape) -> bool:
    """Return whether the rows that come are the rows that qualify."""
    cuts = {"limit", "aggregate", "group-by", "distinct", "having", "union", "union-all", "offset"}
    return shape.kind == "select" and len(shape.tables) == 1 and not shape.features & cuts


def _equal(occurrence: TableShape) -> tuple[str, ...]:
    found = {
        predicate.term.columns[0]
        for predicate in occurrence.predicates
        if predicate.kind in ("equality", "boolean")
        and predicate.disjunction is None
        and len(predicate.term.columns) == 1
    }
    return tuple(sorted(found))


def _estimate(occurrence: TableShape, columns: tuple[str, ...], context: RuleContext) -> float | None:
    """Return the rows expected if the columns were independent, by average selectivity; `None` when unknown."""
    rows = context.rows(occurrence)
    if len(columns) < 2 or len(columns) != len(occurrence.predicates):
        return None
    estimate = rows
    for column in columns:
        statistics = context.statistics.column(occurrence.schema, occurrence.table, column)
        if statistics is None:
            return None
        estimate *= (1 - statistics.null_frac) / max(statistics.distinct(rows), 1.0)
    return estimate
