"""SQL011: a value looked for in an array column with = ANY."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import Predicate
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Table
from advisor.rewrites.contains import as_containment
from advisor.rules.context import RuleContext
from advisor.rules.evidence import OfferEvidence
from advisor.rules.finding import Finding, Offer
from advisor.rules.rule import Rule
from advisor.workload.model import Query


class AnyOfArrayEvidence(OfferEvidence, frozen=True, kw_only=True):
    """What a finding of SQL011 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    column: str
    """The column asked for."""


class AnyOfArray(Rule):
    """Finds values that are looked for in an array column with `= ANY`.

    ## What it does
    Reports `value = ANY (column)` on tables of some size, and offers `column @> ARRAY[value]`, which finds the same
    rows; it is shown once it was run beside the original on rows.

    ## Why is this bad?
    No index serves `= ANY (column)`: the whole table is read. The operators `@>`, `<@` and `&&` are served by GIN.

    ## Known problems
    Where another condition of the query is selective and indexed, this one costs little.

    ## Example
    ```sql
    SELECT id FROM messages WHERE 'urgent' = ANY (tags);
    ```

    ## Use instead
    ```sql
    CREATE INDEX CONCURRENTLY ON messages USING gin (tags);
    SELECT id FROM messages WHERE tags @> ARRAY['urgent'];
    ```

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 11.2, Index Types: GIN.
    """

    code = "SQL011"
    name = "any-of-array-column"
    evidence = AnyOfArrayEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query and column."""
        for query, shape in context.analysed():
            if "any-of-array-column" not in shape.features:
                continue
            for occurrence in shape.tables:
                table = context.table(occurrence)
                for predicate in occurrence.predicates:
                    if table and context.large(occurrence) and _any_of(predicate, table):
                        yield self._finding(query, table, predicate, context)

    def _finding(self, query: Query, table: Table, predicate: Predicate, context: RuleContext) -> Finding:
        column = predicate.term.columns[0]
        shown = quote_identifier(column)
        return self.finding(
            (query.id, table.qualified, column),
            f"{table.name} is searched by = ANY ({shown}), which no index serves",
            confidence="high",
            evidence=AnyOfArrayEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                column=column,
            ),
            fix=f"ask what the array contains, with an index: CREATE INDEX CONCURRENTLY ON {table.qualified} "
            f"USING gin ({shown})",
            table=table.qualified,
            query=query.id,
            proposal=context.proposal_for(query.id, table.name),
            cost="a GIN index that every write to the column updates",
            offers=(Offer("rewritten", "the same rows", as_containment(query.text, column, context.schema)),),
        )


def _any_of(predicate: Predicate, table: Table) -> bool:
    """Return whether a predicate looks for a value in one array column of the table."""
    if predicate.kind != "other" or " = ANY (" not in predicate.term.expression or len(predicate.term.columns) != 1:
        return False
    column = table.column(predicate.term.columns[0])
    return column is not None and column.base_type.startswith("_")
