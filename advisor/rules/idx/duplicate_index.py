"""IDX001: an index another one makes superfluous."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import Index
from advisor.catalog.schema import Table
from advisor.indexes.replacing.implication import implies
from advisor.indexes.replacing.superfluous import superfluous
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.index_statements import drop_index
from advisor.rules.rule import Rule


class DuplicateIndexEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of IDX001 shows for itself."""

    index: str
    """Its name."""
    kept: str
    """The index that does its work."""
    size_bytes: int
    """Its size."""
    scans: int | None
    """Scans counted; null where no counter is known."""


class DuplicateIndex(Rule):
    """Finds indexes with the same definition as another, or that begin another one.

    ## What it does
    Compares the indexes of each table: same keys, or keys that another b-tree begins with, in the same or the opposite
    directions, with the same operator classes, over the same rows. Of two alike the less used goes. Indexes that
    enforce something (primary key, unique, exclusion) are never called superfluous, nor is a partial index beside a
    full one.

    ## Why is this bad?
    Both are written at every insert and update, both take memory and disk; queries need one.

    ## Known problems
    A shorter index is smaller and sometimes faster for its own queries; the evidence gives the size it costs.

    ## Example
    ```sql
    CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE);
    CREATE INDEX ix_users_email ON users (email);   -- UNIQUE has made that index already
    ```

    ## Use instead
    ```sql
    DROP INDEX CONCURRENTLY ix_users_email;
    ```
    In SQLAlchemy models: `unique=True` alone, without `index=True`.

    ## Options
    None.

    ## References
    PostgreSQL wiki, Index Maintenance, Duplicate indexes.
    """

    code = "IDX001"
    name = "duplicate-index"
    evidence = DuplicateIndexEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each superfluous index."""
        for table in context.schema.tables.values():
            going = _replaced(context)
            for index, stronger in superfluous(index for index in table.indexes if index.full_name not in going):
                if implies(stronger.definition.where, index.definition.where):
                    yield self._finding(table, index, stronger, context)

    def _finding(self, table: Table, index: Index, stronger: Index, context: RuleContext) -> Finding:
        same = index.definition.keys == stronger.definition.keys
        drops = (one for one in context.proposals if one.action == "drop" and one.full_name == index.full_name)
        drop = next((one.id for one in drops), None)
        return self.finding(
            (table.qualified, index.name),
            f"{index.name} on {table.name} {'has the same keys as' if same else 'begins'} {stronger.name}",
            confidence="high",
            evidence=DuplicateIndexEvidence(
                index=index.name,
                kept=stronger.name,
                size_bytes=index.size.bytes,
                scans=index.scans,
            ),
            fix=drop_index(table, index),
            table=table.qualified,
            proposal=drop,
            cost="queries that used it use the other one",
        )


def _replaced(context: RuleContext) -> frozenset[str]:
    """Return the full names of the indexes that a proposal replaces: what is said of them is said there."""
    return frozenset(f"{one.definition.schema}.{name}" for one in context.proposals for name in one.replaces)
