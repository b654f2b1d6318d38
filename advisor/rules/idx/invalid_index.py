"""IDX004: an index that was left half built."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import Index
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.index_statements import rebuild_index
from advisor.rules.rule import Rule


class InvalidIndexEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of IDX004 shows for itself."""

    index: str
    """Its name."""
    size_bytes: int
    """Its size."""
    ddl: str
    """Its definition."""


class InvalidIndex(Rule):
    """Finds indexes that no query can use because their construction failed.

    ## What it does
    Reports indexes that `pg_index` marks as not valid.

    ## Why is this bad?
    A CREATE INDEX CONCURRENTLY that was cancelled or ran into a duplicate leaves the index behind. Every write still
    maintains it, and no query reads it.

    ## Known problems
    An index that is being built right now looks the same; see `pg_stat_progress_create_index`.

    ## Example
    ```sql
    CREATE INDEX CONCURRENTLY ix_orders_email ON orders (email);   -- ERROR: canceling statement due to lock timeout
    ```

    ## Use instead
    ```sql
    REINDEX INDEX CONCURRENTLY ix_orders_email;   -- or DROP INDEX CONCURRENTLY ix_orders_email
    ```

    ## Options
    None.

    ## References
    PostgreSQL manual, CREATE INDEX, Building Indexes Concurrently.
    """

    code = "IDX004"
    name = "invalid-index"
    evidence = InvalidIndexEvidence
    level = "error"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each invalid index."""
        for table in context.schema.tables.values():
            for index in table.indexes:
                if not index.valid and not index.partitioned:
                    yield self._finding(table, index)

    def _finding(self, table: Table, index: Index) -> Finding:
        return self.finding(
            (table.qualified, index.name),
            f"{index.name} on {table.name} is invalid: written by all, read by none",
            confidence="proven",
            evidence=InvalidIndexEvidence(
                index=index.name,
                size_bytes=index.size.bytes,
                ddl=index.ddl,
            ),
            fix=f"{rebuild_index(table, index)} -- or drop it",
            table=table.qualified,
            cost="one index build",
        )
