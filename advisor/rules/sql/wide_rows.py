"""SQL008: wide rows fetched where a narrow query does the same job."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query

WIDE = 200
"""Bytes from which on a column is wide."""
VARIABLE = frozenset({"text", "varchar", "json", "jsonb", "bytea", "xml", "tsvector"})


class WideRowsEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of SQL008 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    wide_columns: dict[str, int]
    """Wide columns read, and their mean width in bytes."""
    narrow_twin: str | None
    """Id of a query that reads the same without them."""


class WideRows(Rule):
    """Finds lists that fetch wide columns while a twin query of the same rows does without them.

    ## What it does
    Looks for two SELECTs with the same conditions on the same table: one fetches columns of 200 bytes and more on
    average
    (documents, long texts), the other does not. Also reports `SELECT *` lists over tables with such columns.

    ## Why is this bad?
    Wide values lie outside the row (TOAST): each is one more read and has to be decompressed, sent and parsed. A
    list that
    shows titles spends most of its time on bodies nobody sees, and an index-only scan is impossible.

    ## Known problems
    Whether the application uses the column cannot be seen from SQL: the twin is a hint, not a proof.

    ## Example
    ```sql
    SELECT * FROM sessions WHERE user_id = 7 ORDER BY created_at DESC LIMIT 50;
    ```

    ## Use instead
    ```sql
    SELECT id, title, created_at FROM sessions WHERE user_id = 7 ORDER BY created_at DESC LIMIT 50;
    ```
    In the application: SQLAlchemy `load_only` or `deferred`, Django `only`, ActiveRecord `select`.

    ## Options
    `share` (0.01): queries that take less of the workload's time are left alone.

    ## References
    PostgreSQL manual, chapter 66.2, TOAST.
    """

    code = "SQL008"
    name = "wide-rows"
    evidence = WideRowsEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query."""
        lists = [(query, shape) for query, shape in context.analysed() if _is_list(shape)]
        for query, shape in lists:
            occurrence, table = shape.tables[0], context.table(shape.tables[0])
            wide = _wide(occurrence, table, context) if table else {}
            twin = next((other.id for other, narrow in lists if _narrow_twin(narrow, shape, wide)), None)
            if table and wide and context.heavy(query) and (twin or "select-star" in shape.features):
                yield self._finding(query, table, wide, twin)

    def _finding(self, query: Query, table: Table, wide: dict[str, int], twin: str | None) -> Finding:
        columns = ", ".join(f"{name} ({width} bytes)" for name, width in wide.items())
        return self.finding(
            (query.id,),
            f"a list of {table.name} fetches {', '.join(wide)}, its widest part",
            confidence="medium" if twin else "low",
            evidence=WideRowsEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                wide_columns=wide,
                narrow_twin=twin,
            ),
            fix=f"select the columns the list shows; leave out {columns}",
            table=table.qualified,
            query=query.id,
            cost="one more query where the wide value is needed after all",
        )


def _is_list(shape: QueryShape) -> bool:
    """Return whether a query reads several rows of one table, as a list does."""
    plain = shape.kind == "select" and len(shape.tables) == 1 and "aggregate" not in shape.features
    return plain and ("unbounded" in shape.features or "limit" in shape.features)


def _wide(occurrence: TableShape, table: Table, context: RuleContext) -> dict[str, int]:
    fetched = {column.name for column in table.columns} if occurrence.whole_row else occurrence.output
    found = {}
    for column in table.columns:
        statistics = context.statistics.column(table.schema, table.name, column.name)
        if column.name in fetched and column.base_type in VARIABLE and statistics and statistics.avg_width >= WIDE:
            found[column.name] = statistics.avg_width
    return found


def _narrow_twin(narrow: QueryShape, shape: QueryShape, wide: dict[str, int]) -> bool:
    one, other = narrow.tables[0], shape.tables[0]
    same = (one.schema, one.table) == (other.schema, other.table) and _conditions(one) == _conditions(other)
    return same and narrow is not shape and not one.whole_row and not one.output & wide.keys()


def _conditions(occurrence: TableShape) -> set[tuple[str, str]]:
    return {(predicate.term.expression, predicate.kind) for predicate in occurrence.predicates}
