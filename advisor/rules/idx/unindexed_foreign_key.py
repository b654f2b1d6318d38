"""IDX002: a foreign key without an index."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Constraint, Table
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.index_statements import create_index
from advisor.rules.rule import Rule


class UnindexedForeignKeyEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of IDX002 shows for itself."""

    constraint: str
    """Its name."""
    references: str
    """The table it points at."""
    rows: float | None
    """Rows of the table."""
    queries: list[str]
    """Ids of the queries concerned."""


class UnindexedForeignKey(Rule):
    """Finds foreign keys whose columns no index begins with.

    ## What it does
    Reports foreign keys of tables of some size that no valid b-tree begins with, when the workload deletes from the
    referenced table, changes its key, or joins and filters by the columns.

    ## Why is this bad?
    PostgreSQL indexes the referenced side only. Each delete of a parent row looks for its children: without an index
    that
    reads the whole child table, once for each row deleted, and holds locks meanwhile.

    ## Known problems
    Where parents are never deleted and nobody asks for a parent's children, the index would only cost writes: such keys
    are not reported.

    ## Example
    ```sql
    CREATE TABLE sessions (boardroom_id bigint REFERENCES boardrooms ON DELETE CASCADE);
    DELETE FROM boardrooms WHERE id = 7;
    ```

    ## Use instead
    ```sql
    CREATE INDEX CONCURRENTLY ON sessions (boardroom_id);
    ```

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 5.5.5, Foreign Keys (the last paragraph).
    """

    code = "IDX002"
    name = "unindexed-foreign-key"
    evidence = UnindexedForeignKeyEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each foreign key."""
        for table in context.schema.tables.values():
            if context.statistics.rows(table.schema, table.name) >= context.options.rows_minimum:
                for constraint in table.constraints:
                    bare = constraint.kind == "foreign" and not _indexed(table, constraint.columns)
                    if bare and (uses := _uses(table, constraint, context)):
                        yield self._finding(table, constraint, uses, context)

    def _finding(self, table: Table, constraint: Constraint, uses: list[str], context: RuleContext) -> Finding:
        columns = ", ".join(map(quote_identifier, constraint.columns))
        proposal = next(
            (
                found.id
                for found in context.proposals
                if found.definition.table == table.name
                and tuple(key.column for key in found.definition.keys)[: len(constraint.columns)] == constraint.columns
            ),
            None,
        )
        return self.finding(
            (table.qualified, constraint.name),
            f"foreign key {table.name} ({columns}) has no index",
            confidence="high",
            evidence=UnindexedForeignKeyEvidence(
                constraint=constraint.name,
                references=".".join(constraint.references or ()),
                rows=context.statistics.rows(table.schema, table.name),
                queries=uses,
            ),
            fix=create_index(table, f"({columns})"),
            table=table.qualified,
            query=uses[0],
            proposal=proposal,
            cost="one more index to write at each insert",
        )  # fmt: skip


def _indexed(table: Table, columns: tuple[str, ...]) -> bool:
    """Return whether an index begins with these columns, in any order."""
    return any(
        {key.column for key in index.definition.keys[: len(columns)]} == set(columns)
        for index in table.indexes
        if index.valid and index.definition.method in ("btree", "hash") and not index.definition.where
    )


def _uses(table: Table, constraint: Constraint, context: RuleContext) -> list[str]:
    """Return the queries that need the index: deletes of the parent, look-ups and joins by the columns."""
    found = []
    for query, shape in context.analysed():
        for occurrence in shape.tables:
            deletes = occurrence.role == "delete" and (occurrence.schema, occurrence.table) == constraint.references
            mine = (occurrence.schema, occurrence.table) == (table.schema, table.name)
            asked = {
                predicate.term.column for predicate in occurrence.predicates if predicate.kind in ("equality", "list")
            }
            if deletes or (mine and set(constraint.columns) <= asked):
                found.append(query.id)
    return list(dict.fromkeys(found))
