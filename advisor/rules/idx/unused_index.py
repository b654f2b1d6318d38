"""IDX003: an index nobody has read."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import Index
from advisor.catalog.schema import Table
from advisor.catalog.statistics import Statistics
from advisor.indexes.choice.write_cost import days_between
from advisor.indexes.replacing.superfluous import checks_foreign_key, superfluous
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.index_statements import drop_index
from advisor.rules.rule import Rule

SIZE = 1 << 20
"""Bytes below which an unused index is not worth a line."""


class UnusedIndexEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of IDX003 shows for itself."""

    index: str
    """Its name."""
    size_bytes: int
    """Its size."""
    scans: int | None
    """Scans counted; null where no counter is known."""
    since: str | None
    """Since when scans are counted."""
    standbys: int
    """Standbys whose counters were read too."""


class UnusedIndex(Rule):
    """Finds indexes that no query has used since the counters were reset.

    ## What it does
    Reports indexes of a megabyte and more with no scan in `pg_stat_user_indexes`, on tables that were read and
    written, except those that enforce a constraint, identify rows for replication, are kept for another index that goes
    (IDX001), are read by the plan of a captured query, or are the only one that a foreign key's check can read when a
    row of the referenced table is deleted.

    ## Why is this bad?
    Every insert and most updates write it, VACUUM cleans it, backups carry it, and it ends HOT updates of its columns.

    ## Known problems
    Counters are per server: an index may serve a standby only. `advisor snapshot URL --standby URL` adds those of the
    standbys; where some are known to be missing, confidence is low and no drop is proposed. Standbys that do not stream
    (Aurora readers, shipped WAL) are not known. A yearly report uses its index once a year, and an index built
    yesterday was used for a day: see when the counters were reset.

    ## Example
    ```sql
    SELECT indexrelname, idx_scan FROM pg_stat_user_indexes;   -- ix_sessions_is_active | 0
    ```

    ## Use instead
    ```sql
    DROP INDEX CONCURRENTLY ix_sessions_is_active;
    ```

    ## Options
    `unused_days` (7): where the counters are known to span less, confidence is low and no drop is proposed.

    ## References
    PostgreSQL manual, chapter 27.2.20, `pg_stat_all_indexes`.
    """

    code = "IDX003"
    name = "unused-index"
    evidence = UnusedIndexEvidence
    level = "info"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each unused index."""
        read = {name for plan in context.plans.values() for name in plan.indexes}
        for table in context.schema.tables.values():
            activity = context.statistics.activity.get((table.schema, table.name))
            busy = activity and activity.inserts + activity.updates + activity.deletes and activity.index_scans
            kept = {other.name for _, other in superfluous(table.indexes)} if busy else set()
            for index in table.indexes:
                free = index.name not in kept and index.name not in read and not checks_foreign_key(index, table)
                if busy and _unused(index) and free:
                    yield self._finding(table, index, context)

    def _finding(self, table: Table, index: Index, context: RuleContext) -> Finding:
        statistics = context.statistics
        since = statistics.scans_since
        days = days_between(since, statistics.captured)
        short = since is not None and statistics.captured is not None and (days or 0) < context.options.unused_days
        wait = f" -- once the counters span {context.options.unused_days:g} days" if short else ""
        drops = (one for one in context.proposals if one.action == "drop" and one.full_name == index.full_name)
        drop = next((one.id for one in drops), None)
        return self.finding(
            (table.qualified, index.name),
            f"{index.name} on {table.name} was never used",
            confidence="medium" if since and not statistics.uncounted and not short else "low",
            evidence=UnusedIndexEvidence(
                index=index.name,
                size_bytes=index.size.bytes,
                scans=index.scans,
                since=since,
                standbys=statistics.standbys,
            ),
            fix=drop_index(table, index) + (_unless_counted(statistics) or wait),
            table=table.qualified,
            proposal=drop,
            cost="none for the queries seen",
        )


def _unless_counted(statistics: Statistics) -> str:
    """Return what has to be done first, when it is not known that nobody reads the index."""
    if statistics.uncounted:
        return " -- once the scans of all standbys were counted: advisor snapshot URL --standby URL"
    return " -- once standbys were looked at" if statistics.streaming is None else ""


def _unused(index: Index) -> bool:
    needed = index.constraint or index.primary or index.definition.unique or index.replica_identity
    return not needed and index.scans == 0 and index.size.bytes >= SIZE
