"""CAC002: the same expensive result computed for everybody."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import QueryShape
from advisor.rules.cac.session_dependence import hangs_on
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query

CALLS = 5
COST_MS = 5.0
"""Mean time from which on one computation is expensive."""


class CostlyQueryRepeatedEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of CAC002 shows for itself."""

    calls: float
    """Executions."""
    mean_ms: float
    """Mean time of one."""
    total_ms: float
    """Time of all executions."""
    share: float
    """Share of the workload's time."""
    tables: list[str]
    """What it reads."""
    saved_ms: float
    """Time that would be saved."""


class CostlyQueryRepeated(Rule):
    """Finds joins and aggregates that are computed anew each time, always with the same values.

    ## What it does
    Reports SELECTs that join tables or aggregate rows, take more than a few milliseconds each and a noticeable share
    of the
    workload, and whose values never changed during the capture.

    ## Why is this bad?
    A dashboard that every visitor sees is the same for all of them, and yet each visit joins and sorts thousands
    of rows again. No index makes an aggregate over a month cheap.

    ## Known problems
    Values that stayed the same during a short capture may change over a day (a date, for example): the result then has
    a
    life of a day, which is still worth keeping. Queries whose result hangs on the session (settings, users, row
    security, `now()`, the search_path, temporary tables) are never reported.

    ## Example
    ```sql
    SELECT b.name, count(*) FROM boardrooms b JOIN sessions s ON … JOIN threads t ON …
    WHERE s.created_at >= '2025-06-01' GROUP BY b.name ORDER BY 2 DESC LIMIT 10;
    ```

    ## Use instead
    ```sql
    CREATE MATERIALIZED VIEW busiest_boardrooms AS SELECT …;
    CREATE UNIQUE INDEX ON busiest_boardrooms (id);
    REFRESH MATERIALIZED VIEW CONCURRENTLY busiest_boardrooms;   -- every few minutes
    ```
    or a cached result with a time to live.

    ## Options
    `share` (0.01): queries that take less of the workload's time are left alone.

    ## References
    PostgreSQL manual, chapter 39.3, Materialized Views.
    """

    code = "CAC002"
    name = "costly-query-repeated"
    evidence = CostlyQueryRepeatedEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each such query."""
        for query, shape in context.analysed():
            costly = query.mean_ms >= COST_MS and query.calls >= CALLS and context.heavy(query)
            alike = costly and _computes(shape) and _same_values(query) and hangs_on(query, shape, context) is None
            if alike and not _mended(query, context):
                yield self._finding(query, shape, context)

    def _finding(self, query: Query, shape: QueryShape, context: RuleContext) -> Finding:
        names = list(dict.fromkeys(table.table for table in shape.tables))
        biggest = max(shape.tables, key=lambda table: (context.rows(table), table.table))
        table = context.table(biggest)
        span = (context.workload.days or 0.0) * 86_400
        every = f", every {span / query.calls:,.1f} s" if span else ""
        return self.finding(
            (query.id,),
            f"the same result over {', '.join(names)} was computed {query.calls:,.0f} times{every}",
            confidence="high" if query.slots else "medium",
            evidence=CostlyQueryRepeatedEvidence(
                calls=query.calls,
                mean_ms=query.mean_ms,
                total_ms=query.total_ms,
                share=context.share(query),
                tables=names,
                saved_ms=query.total_ms - query.mean_ms,
            ),
            fix="keep the result: a cache with a time to live, or a materialised view refreshed every few minutes",
            table=table.qualified if table else None,
            query=query.id,
            cost="a result as old as the cache or the last refresh",
        )


def _computes(shape: QueryShape) -> bool:
    """Return whether a query joins or aggregates, and reads only."""
    reads = [table for table in shape.tables if table.role == "read"]
    work = len(reads) > 1 or bool(shape.features & {"aggregate", "group-by", "distinct", "window"})
    return shape.kind == "select" and bool(reads) and work and "for-update" not in shape.features


def _same_values(query: Query) -> bool:
    """Return whether all executions were the same; a statement export tells only of statements without values."""
    if query.slots:
        return all(slot.constant for slot in query.slots)
    return "$1" not in query.text


def _mended(query: Query, context: RuleContext) -> bool:
    """Return whether a proposed index makes the query cheap, so that there is nothing left to keep."""
    return any(
        benefit.query == query.id and benefit.cost_after < 0.2 * benefit.cost_before
        for proposal in context.proposals
        for benefit in proposal.queries
    )
