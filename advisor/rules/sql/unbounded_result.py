"""SQL007: a query that returns as many rows as there are."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import QueryShape
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query

MANY = 1000
"""Rows a call from which on nobody reads them all on a page."""


class UnboundedResultEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of SQL007 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    rows_per_call: float | None
    """Rows that one execution returned."""


class UnboundedResult(Rule):
    """Finds queries without LIMIT that return, or may return, a large part of a table.

    ## What it does
    Reports SELECTs without LIMIT, aggregate or equality on a unique key that returned more than a thousand rows a
    call, and,
    where the rows are not known, those without any condition on a table of some size.

    ## Why is this bad?
    The result grows with the business. Today it is slow, later it fills the application's memory; drivers hold the
    whole
    result before they hand over the first row.

    ## Known problems
    Exports and nightly jobs want every row: suppress them by application, and read them through a cursor. Logs do
    not say
    how many rows a query returned; pg_stat_statements does.

    ## Example
    ```sql
    SELECT * FROM messages WHERE thread_id = 7;
    ```

    ## Use instead
    ```sql
    SELECT * FROM messages WHERE thread_id = 7 ORDER BY created_at, id LIMIT 100;
    ```
    and keyset paging for more; a server-side cursor for exports.

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone where the rows returned are not known.

    ## References
    Chen et al., Finding and Evaluating the Performance Impact of Redundant Data Access, TSE 2016.
    """

    code = "SQL007"
    name = "unbounded-result"
    evidence = UnboundedResultEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query."""
        for query, shape in context.analysed():
            if shape.kind == "select" and "unbounded" in shape.features and shape.tables:
                rows = query.rows / query.calls if query.rows is not None and query.calls else None
                if _too_many(shape, rows, context):
                    yield self._finding(query, shape, rows, context)

    def _finding(self, query: Query, shape: QueryShape, rows: float | None, context: RuleContext) -> Finding:
        table = context.table(shape.tables[0])
        name = table.name if table else shape.tables[0].table
        said = f"{rows:,.0f} rows a call" if rows is not None else f"all of {context.rows(shape.tables[0]):,.0f} rows"
        return self.finding(
            (query.id,),
            f"{name} is read without LIMIT: {said}",
            confidence="high" if rows is not None else "medium",
            evidence=UnboundedResultEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                rows_per_call=rows,
            ),
            fix="add ORDER BY and LIMIT and page by keyset; read exports through a server-side cursor",
            table=table.qualified if table else None,
            query=query.id,
            cost="callers that need all rows must ask for them page by page",
        )


def _too_many(shape: QueryShape, rows: float | None, context: RuleContext) -> bool:
    if rows is not None:
        return rows >= MANY
    return "unfiltered" in shape.features and any(context.large(table) for table in shape.tables)
