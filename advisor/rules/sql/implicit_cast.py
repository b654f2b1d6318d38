"""SQL004: a value of another type makes the server cast the column."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import Predicate
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query


class ImplicitCastEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of SQL004 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    column_type: str | None
    """The column's type."""
    cast_to: str | None
    """The type that it is cast to."""


class ImplicitCast(Rule):
    """Finds comparisons in which the server casts the column because the value has another type.

    ## What it does
    Reports conditions such as `integer_column = 5::numeric`, where the types differ and PostgreSQL converts the
    column's
    side: the driver bound a decimal to a bigint, a timestamp with time zone to one without.

    ## Why is this bad?
    The index holds the column's own type. Once the column is cast, the index cannot be searched and the table is read.

    ## Known problems
    Types that are the same to an index (`varchar` and `text`, the integers among each other) are not reported.

    ## Example
    ```sql
    SELECT * FROM orders WHERE id = 42::numeric;
    ```

    ## Use instead
    ```sql
    SELECT * FROM orders WHERE id = 42::bigint;
    ```
    In the application: bind an integer, not a decimal; declare the model's column with the type it has.

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 10.2, Operators (type resolution).
    """

    code = "SQL004"
    name = "implicit-cast"
    evidence = ImplicitCastEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query and column."""
        for query, shape in context.analysed():
            for occurrence in shape.tables:
                table = context.table(occurrence)
                for predicate in occurrence.predicates:
                    if table and predicate.implicit_cast and context.large(occurrence):
                        yield self._finding(query, table, predicate)

    def _finding(self, query: Query, table: Table, predicate: Predicate) -> Finding:
        column = predicate.term.columns[0] if predicate.term.columns else predicate.term.expression
        definition = table.column(column)
        own = definition.type if definition else "its own type"
        return self.finding(
            (query.id, table.qualified, column),
            f"{table.name}.{column} ({own}) is compared with {predicate.cast}, so the server casts the column",
            confidence="high",
            evidence=ImplicitCastEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                column_type=own,
                cast_to=predicate.cast,
            ),
            fix=f"bind the value as {own}, or cast the value, not the column: {column} = $1::{own}",
            table=table.qualified,
            query=query.id,
            cost="none",
        )
