"""SQL003: a column wrapped in a function or cast before it is compared."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import Predicate, TableShape
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query

COMPARISONS = frozenset({"equality", "range", "list", "prefix"})
DAYS = frozenset({"date", "date_trunc", "extract", "date_part", "to_char"})


class FunctionOnColumn(Rule):
    """Finds conditions that wrap a column in a function or a cast.

    ## What it does
    Reports comparisons of an expression over a column (`lower(email) = …`, `created_at::date = …`) on tables of some
    size
    that have no index on that very expression.

    ## Why is this bad?
    An index on the column holds the column's values, not the function's results: it cannot be searched, and the
    whole table
    is read.

    ## Known problems
    Where another condition of the query is selective and indexed, this one costs little. Only IMMUTABLE expressions can
    be indexed: `created_at::date` of a `timestamptz` depends on the session's time zone and cannot.

    ## Example
    ```sql
    SELECT id FROM users WHERE lower(email) = 'ada@example.org';
    SELECT count(*) FROM orders WHERE created_at::date = '2025-06-01';
    ```

    ## Use instead
    ```sql
    CREATE INDEX CONCURRENTLY ON users (lower(email));
    SELECT count(*) FROM orders WHERE created_at >= '2025-06-01' AND created_at < '2025-06-02';
    ```

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 11.7, Indexes on Expressions.
    """

    code = "SQL003"
    name = "function-on-column"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query and expression."""
        for query, shape in context.analysed():
            for occurrence in shape.tables:
                table = context.table(occurrence)
                if table and context.large(occurrence) and not _served(occurrence, table):
                    for predicate in occurrence.predicates:
                        if _wrapped(predicate) and not _indexed(table, predicate.term.expression):
                            yield self._finding(query, table, predicate, context)

    def _finding(self, query: Query, table: Table, predicate: Predicate, context: RuleContext) -> Finding:
        expression = predicate.term.expression
        return self.finding(
            (query.id, table.qualified, expression),
            f"{table.name} is searched by {expression}, which no index holds",
            confidence="high",
            evidence={"calls": query.calls, "total_ms": query.total_ms, "expression": expression,
                      "immutable": predicate.term.immutable},
            fix=_fix(table, predicate),
            table=table.qualified,
            query=query.id,
            proposal=context.proposal_for(query.id, table.name),
            cost="an expression index is updated with the column; a rewritten condition costs nothing",
        )  # fmt: skip


def _wrapped(predicate: Predicate) -> bool:
    term = predicate.term
    plain = len(term.columns) == 1 and term.expression == quote_identifier(term.columns[0])
    arrow = "->" in term.expression
    wrapped = bool(term.columns) and not plain and not arrow
    return wrapped and predicate.kind in COMPARISONS and not predicate.implicit_cast


def _indexed(table: Table, expression: str) -> bool:
    wanted = _bare(expression)
    return any(_bare(key.expression) == wanted for index in table.indexes for key in index.definition.keys)


def _bare(expression: str) -> str:
    return "".join(expression.split()).strip("()").replace('"', "")


def _served(occurrence: TableShape, table: Table) -> bool:
    """Return whether an equality on a plain column with an index of its own narrows the search already."""
    equal = {predicate.term.column for predicate in occurrence.predicates if predicate.kind == "equality"} - {None}
    return any(index.definition.keys and index.definition.keys[0].column in equal for index in table.indexes)


def _fix(table: Table, predicate: Predicate) -> str:
    expression = predicate.term.expression
    if any(f"{word}(" in expression.lower() for word in DAYS) or predicate.cast == "date":
        column = predicate.term.columns[0]
        return f"compare the column itself with a range: {column} >= one moment AND {column} < the next one"
    if predicate.term.immutable:
        return f"an index on the expression: CREATE INDEX CONCURRENTLY ON {table.qualified} ({expression})"
    return f"compare the bare column: {expression} is not IMMUTABLE, so no index can hold it"
