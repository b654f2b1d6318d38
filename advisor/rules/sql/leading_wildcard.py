"""SQL002: LIKE with a wildcard in front."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.analysis.shape import Predicate, TableShape
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.index_statements import create_index
from advisor.rules.rule import Rule
from advisor.workload.model import Query

_CAST = re.compile(r"::\s*text|\bAS\s+text", re.IGNORECASE)


class LeadingWildcardEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of SQL002 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    rows: float | None
    """Rows of the table."""
    operator: str
    """The pattern operator."""


class LeadingWildcard(Rule):
    """Finds text searches whose pattern begins with a wildcard.

    ## What it does
    Reports `LIKE '%word%'`, `ILIKE` and regular expressions that are not anchored, on tables of some size that have no
    trigram index on the column.

    ## Why is this bad?
    A b-tree is sorted by the beginning of the text; a pattern without a beginning makes the server read the whole
    table,
    whatever b-tree index it has.

    ## Known problems
    Patterns shorter than three letters have no trigram: the index is of no use for them. A GIN index makes writes to
    the
    column slower; the evidence names the reads it saves.

    ## Example
    ```sql
    SELECT id FROM memory_chunks WHERE text LIKE '%budget%';
    ```

    ## Use instead
    ```sql
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX CONCURRENTLY ON memory_chunks USING gin (text gin_trgm_ops);
    ```
    For words rather than parts of words: a `tsvector` column and full text search.

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, appendix F, pg_trgm.
    """

    code = "SQL002"
    name = "leading-wildcard"
    evidence = LeadingWildcardEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query and column."""
        for query, shape in context.analysed():
            for occurrence in shape.tables:
                table = context.table(occurrence)
                for predicate in occurrence.predicates:
                    infix = predicate.kind == "infix" and context.large(occurrence)
                    if table and infix and not has_trigrams(table, predicate):
                        yield self._finding(query, occurrence, table, predicate, context)

    def _finding(
        self, query: Query, occurrence: TableShape, table: Table, predicate: Predicate, context: RuleContext
    ) -> Finding:
        column = predicate.term.expression
        key, before = column, ""
        if predicate.type == "citext" and not _CAST.search(query.text):
            key, before = f"({column}::text)", f"{_as_text(predicate)}, and "
        return self.finding(
            (query.id, table.qualified, column),
            f"{table.name}.{column} is searched with a wildcard in front",
            confidence="high",
            evidence=LeadingWildcardEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                rows=context.rows(occurrence),
                operator=predicate.operator,
            ),
            fix=f"{before}a trigram index: CREATE EXTENSION IF NOT EXISTS pg_trgm; "
            + create_index(table, f"USING gin ({key} gin_trgm_ops)"),
            table=table.qualified,
            query=query.id,
            proposal=context.proposal_for(query.id, table.name),
            cost="an extension, and a GIN index that every write to the column updates",
        )


def _as_text(predicate: Predicate) -> str:
    """Return what to write instead of a pattern on citext, whose own operators no trigram index serves."""
    negated = "NOT " if predicate.operator.startswith("!") else ""
    return f"compare it as text, which means the same: {predicate.term.expression}::text {negated}ILIKE …"


def has_trigrams(table: Table, predicate: Predicate) -> bool:
    """Return whether a trigram index on the predicate's term exists."""
    return any(
        key.expression == predicate.term.expression and "trgm" in (key.opclass or "")
        for index in table.indexes
        for key in index.definition.keys
    )
