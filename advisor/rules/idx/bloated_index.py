"""IDX005: an index far larger than a fresh build of it would be."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.indexes.sizes.bloat import Bloat, bloated
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.index_statements import rebuild_index
from advisor.rules.rule import Rule


class BloatedIndexEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of IDX005 shows for itself."""

    index: str
    """Its name."""
    size_bytes: int
    """Its size."""
    fresh_bytes: int
    """Its size when built anew."""


class BloatedIndex(Rule):
    """Finds b-trees that a rebuild would shrink to half or less.

    ## What it does
    Compares the size of each b-tree with what the size model says a fresh build of the same definition would take,
    from the table's planner statistics. Reports those at least twice as large, where a rebuild frees 10 MB or more.

    ## Why is this bad?
    Half-empty pages are read, cached and backed up like full ones. They come from deletes and updates at many places,
    most of all before version 14.

    ## Known problems
    An estimate: stale statistics make a grown table's index look bloated. Indexes of tables or columns that were never
    analysed, and indexes on expressions, are not judged. `pgstatindex` (extension pgstattuple) measures instead of
    estimating, but reads the whole index.

    ## Example
    ```sql
    SELECT pg_size_pretty(pg_relation_size('ix_orders_email'));   -- 900 MB, for 10 million short addresses
    ```

    ## Use instead
    ```sql
    REINDEX INDEX CONCURRENTLY ix_orders_email;
    ```

    ## Options
    None.

    ## References
    PostgreSQL manual, Routine Reindexing; REINDEX.
    """

    code = "IDX005"
    name = "bloated-index"
    evidence = BloatedIndexEvidence
    level = "info"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each bloated index, most wasteful first."""
        for one in bloated(context.schema, context.statistics):
            yield self._finding(one)

    def _finding(self, one: Bloat) -> Finding:
        index, table = one.index, one.table
        factor = index.size.pages / max(one.fresh.pages, 1)
        return self.finding(
            (table.qualified, index.name),
            f"{index.name} on {table.name} is {factor:.1f} times as large as a fresh build would be",
            confidence="medium",
            evidence=BloatedIndexEvidence(
                index=index.name,
                size_bytes=index.size.bytes,
                fresh_bytes=one.fresh.bytes,
            ),
            fix=rebuild_index(table, index),
            table=table.qualified,
            cost="one index build; room for both indexes while it runs",
        )
