"""PRE001: planning takes longer than executing."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query

CALLS = 50


class PlanningDominatesEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of PRE001 shows for itself."""

    calls: float
    """Executions."""
    plan_ms: float
    """Time of planning."""
    total_ms: float
    """Time of all executions."""
    saved_ms: float
    """Time that would be saved."""


class PlanningDominates(Rule):
    """Finds queries on which the server spends more time planning than executing.

    ## What it does
    Compares planning time (pg_stat_statements with `track_planning`, or the parse and bind phases of the extended
    protocol
    in a log) with execution time, and reports queries that are planned anew each time for longer than they run.

    ## Why is this bad?
    A query over several tables or partitions may take a millisecond to plan and a tenth of one to run. A prepared
    statement
    is planned once and then executed.

    ## Known problems
    Behind PgBouncer before 1.21 in transaction mode prepared statements fail. A generic plan may be worse for skewed
    values: the server falls back on custom plans when it estimates so.

    ## Example
    ```sql
    -- 0.9 ms planning, 0.1 ms execution, 40 000 times an hour
    SELECT … FROM a JOIN b … JOIN c … WHERE a.id = 7;
    ```

    ## Use instead
    Prepare it: psycopg 3 does after five executions (`prepare_threshold`), asyncpg does by itself, JDBC
    `prepareThreshold`, Rails `prepared_statements: true`, PgBouncer 1.21+ `max_prepared_statements`.

    ## Options
    `share` (0.01): queries whose planning takes less of the workload's time are left alone.

    ## References
    PostgreSQL manual, PREPARE; appendix F, pg_stat_statements, `track_planning`.
    """

    code = "PRE001"
    name = "planning-dominates"
    evidence = PlanningDominatesEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query."""
        planned = sum(query.plan_ms or 0.0 for query in context.workload.queries)
        for query, _ in context.analysed():
            plan_ms = query.plan_ms or 0.0
            enough = query.calls >= CALLS and plan_ms >= context.options.share * (context.total_ms + planned)
            if enough and plan_ms > query.total_ms:
                yield self._finding(query, plan_ms, context)

    def _finding(self, query: Query, plan_ms: float, context: RuleContext) -> Finding:
        shape = context.shapes[query.id]
        table = context.table(shape.tables[0]) if shape.tables else None
        protocols = (
            "prepare it: psycopg prepare_threshold, JDBC prepareThreshold, PgBouncer 1.21+ max_prepared_statements"
        )
        return self.finding(
            (query.id,),
            f"a query of {table.name if table else 'no table'} is planned for {plan_ms / query.calls:.2f} ms "
            f"and runs for {query.mean_ms:.2f} ms",
            confidence="high" if query.measured == "statements" else "medium",
            evidence=PlanningDominatesEvidence(
                calls=query.calls,
                plan_ms=plan_ms,
                total_ms=query.total_ms,
                saved_ms=plan_ms * (1 - 1 / query.calls),
            ),
            fix=protocols,
            table=table.qualified if table else None,
            query=query.id,
            cost="each session keeps its plans in memory; after five runs a plan may be generic",
        )  # fmt: skip
