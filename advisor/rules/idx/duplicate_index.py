"""IDX001: an index another one makes superfluous."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import Index, qualified_name
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule


class DuplicateIndex(Rule):
    """Finds indexes with the same definition as another, or that begin another one.

    ## What it does
    Compares the indexes of each table: same keys, or keys that another b-tree begins with, with the same predicate,
    method,
    operator classes and directions. Indexes that enforce something (primary key, unique, exclusion) are never called
    superfluous.

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

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each superfluous index."""
        for table in context.schema.tables.values():
            for index in table.indexes:
                if stronger := _stronger(index, table.indexes):
                    yield self._finding(table, index, stronger, context)

    def _finding(self, table: Table, index: Index, stronger: Index, context: RuleContext) -> Finding:
        same = index.definition.keys == stronger.definition.keys
        drop = next(
            (found.id for found in context.proposals if found.name == index.name and found.action == "drop"), None
        )
        return self.finding(
            (table.qualified, index.name),
            f"{index.name} on {table.name} {'has the same keys as' if same else 'begins'} {stronger.name}",
            confidence="high",
            evidence={"index": index.name, "kept": stronger.name, "size_bytes": index.size.bytes, "scans": index.scans},
            fix=f"DROP INDEX CONCURRENTLY {qualified_name(table.schema, index.name)}",
            table=table.qualified,
            proposal=drop,
            cost="queries that used it use the other one",
        )


def _stronger(index: Index, others: tuple[Index, ...]) -> Index | None:
    """Return another index that does all this one does; of two alike, the one that came first by name stays."""
    if index.constraint or index.definition.unique or index.primary or index.replica_identity or not index.valid:
        return None
    for other in others:
        if other.name != index.name and other.valid and _covers(other, index):
            alike = other.definition.keys == index.definition.keys and not other.definition.unique
            if not alike or set(index.definition.include) < set(other.definition.include) or other.name < index.name:
                return other
    return None


def _covers(other: Index, index: Index) -> bool:
    mine, its = index.definition, other.definition
    same = (mine.method, mine.where) == (its.method, its.where)
    begins = its.keys[: len(mine.keys)] == mine.keys
    if mine.method != "btree":
        begins = its.keys == mine.keys
    payload = {*its.include, *(key.column for key in its.keys if key.column)}
    return same and begins and set(mine.include) <= payload
