"""STA001: planner statistics that no longer describe the table."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.schema import Table
from advisor.catalog.statistics import Activity
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule

STALE = 0.2
"""Share of rows changed since the last ANALYZE from which on statistics are stale; autovacuum waits for a tenth."""


class StaleStatisticsEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of STA001 shows for itself."""

    live_rows: float
    """Rows of the table."""
    modified_since_analyze: float
    """Rows changed since."""
    last_analyze: str | None
    """When statistics were last taken."""


class StaleStatistics(Rule):
    """Finds tables of the workload whose planner statistics are missing or out of date.

    ## What it does
    Reports tables that the workload's queries read and that were never analysed, or of which more than a fifth of the
    rows changed since.

    ## Why is this bad?
    The planner chooses by these statistics. Without them it assumes ten pages and guesses selectivities; with old ones
    it
    takes yesterday's row counts, and picks nested loops that run for hours. Index advice rests on them as well.

    ## Known problems
    Right after a bulk load the counters are high until autovacuum comes by; that is minutes, unless it is off.
    A session reports what it wrote up to a second late: rows loaded just before an ANALYZE of the same session count
    as changed since.

    ## Example
    ```sql
    SELECT relname, n_mod_since_analyze, n_live_tup FROM pg_stat_user_tables;   -- 400 000 of 900 000
    ```

    ## Use instead
    ```sql
    ANALYZE messages;
    ALTER TABLE messages SET (autovacuum_analyze_scale_factor = 0.02);
    ```

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 24.1.3, Updating Planner Statistics.
    """

    code = "STA001"
    name = "stale-statistics"
    evidence = StaleStatisticsEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each table."""
        used = {(table.schema, table.table) for _, shape in context.analysed() for table in shape.tables}
        for key in sorted(used):
            table, activity = context.schema.tables.get(key), context.statistics.activity.get(key)
            if table and activity and (why := why_stale(table, activity, context)):
                yield self._finding(table, activity, why)

    def _finding(self, table: Table, activity: Activity, why: str) -> Finding:
        return self.finding(
            (table.qualified,),
            f"statistics of {table.name} are {why}",
            confidence="high",
            evidence=StaleStatisticsEvidence(
                live_rows=activity.live_rows,
                modified_since_analyze=activity.modified_since_analyze,
                last_analyze=activity.last_analyze,
            ),
            fix=f"ANALYZE {table.qualified}; ALTER TABLE {table.qualified} "
            "SET (autovacuum_analyze_scale_factor = 0.02)",
            table=table.qualified,
            cost="ANALYZE reads a sample of 30 000 rows and blocks no reader or writer",
        )


def why_stale(table: Table, activity: Activity, context: RuleContext) -> str | None:
    """Return what is wrong with a table's statistics, `None` when nothing is."""
    relation = context.statistics.relations.get((table.schema, table.name))
    if table.kind not in ("table", "matview") or activity.live_rows < context.options.rows_minimum:
        return None
    if relation and relation.rows < 0:
        return "missing: it was never analysed"
    changed = activity.modified_since_analyze / activity.live_rows
    return f"out of date: {changed:.0%} of its rows changed since" if changed > STALE else None
