"""SQL009: rows counted again and again."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import QueryShape
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query

MINIMUM = 20
"""Calls from which on a count is a habit."""


class CountPollingEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of SQL009 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    per_minute: float | None
    """Executions in a minute."""
    share: float
    """Share of the workload's time."""


class CountPolling(Rule):
    """Finds counts of many rows that are asked for again and again.

    ## What it does
    Reports `SELECT count(*)` without grouping that reads a table of some size, is called often and takes a
    noticeable share
    of the workload's time.

    ## Why is this bad?
    PostgreSQL has no counter to look at: each count visits every row that qualifies, only to tell a number that was
    nearly the same a second ago.

    ## Known problems
    A count over a few rows found by an index is cheap; the share of the workload's time keeps those out. Counts in a
    loop
    are n-plus-one, not this.

    ## Example
    ```sql
    SELECT count(*) FROM messages WHERE is_read = false;
    ```

    ## Use instead
    ```sql
    -- is there any? (stops at the first row)
    SELECT EXISTS (SELECT 1 FROM messages WHERE is_read = false);
    -- at most "99+"
    SELECT count(*) FROM (SELECT 1 FROM messages WHERE is_read = false LIMIT 100) AS some;
    ```
    or a counter column kept by the writer, a cached number, an estimate from `pg_class.reltuples`, a partial index that
    holds only the rows that count.

    ## Options
    `share` (0.01) of the workload's time; `rows_minimum` (10 000) rows of the table.

    ## References
    PostgreSQL wiki, Count estimate.
    """

    code = "SQL009"
    name = "count-polling"
    evidence = CountPollingEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query."""
        looped = {loop.child for loop in context.workload.loops if loop.varying}
        for query, shape in context.analysed():
            if query.id in looped:
                continue
            often = query.calls >= MINIMUM and context.heavy(query)
            if _counts(shape) and often and any(context.large(table) for table in shape.tables):
                table = context.table(shape.tables[0])
                yield self._finding(query, table.qualified if table else None, shape.tables[0].table, context)

    def _finding(self, query: Query, table: str | None, name: str, context: RuleContext) -> Finding:
        per_minute = query.calls / (context.workload.days * 1440) if context.workload.days else None
        said = f"{per_minute:,.1f} times a minute" if per_minute else f"{query.calls:,.0f} times"
        return self.finding(
            (query.id,),
            f"rows of {name} are counted {said}",
            confidence="medium",
            evidence=CountPollingEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                per_minute=per_minute,
                share=context.share(query),
            ),
            fix="ask EXISTS, count at most 100, keep a counter or cache the number; a partial index makes it cheap",
            table=table,
            query=query.id,
            proposal=context.proposal_for(query.id, name),
            cost="a cached or estimated number is not exact to the row",
        )  # fmt: skip


def _counts(shape: QueryShape) -> bool:
    """Return whether a query tells how many rows there are, and nothing else."""
    alone = not any(table.output for table in shape.tables)
    return shape.kind == "select" and "count-star" in shape.features and "group-by" not in shape.features and alone
