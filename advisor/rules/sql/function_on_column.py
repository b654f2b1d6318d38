"""SQL003: a column wrapped in a function or cast before it is compared."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.analysis.shape import Predicate, TableShape
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Table
from advisor.rewrites.days import as_range
from advisor.rules.context import RuleContext
from advisor.rules.evidence import OfferEvidence
from advisor.rules.finding import Finding, Offer
from advisor.rules.index_statements import create_index
from advisor.rules.rule import Rule
from advisor.workload.model import Query

COMPARISONS = frozenset({"equality", "range", "list", "prefix"})
_STRETCH = re.compile(
    r"""\bdate\( | date_trunc\('\w+' | (extract|date_part)\('(year|epoch|julian)'
      | to_char\([^']*,\s*'(YYYY|YYYY[-/]?MM|YYYY[-/]?MM[-/]?DD)'\)""",
    re.IGNORECASE | re.VERBOSE,
)
"""What cuts a moment to a stretch of time. An hour of the day, a day of the week or `MM-DD` come again and again."""
_PATTERN_CLASSES = {"text": "text_pattern_ops", "varchar": "varchar_pattern_ops", "bpchar": "bpchar_pattern_ops"}
"""Operator classes by which a b-tree finds prefixes whatever the collation."""


class FunctionOnColumnEvidence(OfferEvidence, frozen=True, kw_only=True):
    """What a finding of SQL003 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    expression: str
    """What stands around the column."""
    immutable: bool
    """Whether an index may hold it."""


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
    be indexed: `created_at::date` of a `timestamptz` depends on the session's time zone and cannot. A day, month or
    year is a range; an hour of the day, a day of the week or `to_char(…, 'MM-DD')` is none. `lower(email) LIKE 'a%'`
    needs its pattern class (`text_pattern_ops`) unless the collation is C.

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
    evidence = FunctionOnColumnEvidence

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
            evidence=FunctionOnColumnEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                expression=expression,
                immutable=predicate.term.immutable,
            ),
            fix=_fix(table, predicate),
            table=table.qualified,
            query=query.id,
            proposal=context.proposal_for(query.id, table.name),
            cost="an expression index is updated with the column; a rewritten condition costs nothing",
            offers=_offers(query, predicate, context),
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


def _a_stretch(predicate: Predicate) -> bool:
    """Return whether the condition holds for one stretch of time, so that a range says the same."""
    return predicate.cast == "date" or bool(_STRETCH.search(predicate.term.expression))


def _offers(query: Query, predicate: Predicate, context: RuleContext) -> tuple[Offer, ...]:
    if not _a_stretch(predicate) or predicate.kind != "equality":
        return ()
    found = as_range(query.text, predicate.term.columns[0], context.schema)
    return (Offer("rewritten", "the same as a range", found),)


def _fix(table: Table, predicate: Predicate) -> str:
    expression = predicate.term.expression
    if _a_stretch(predicate):
        column = quote_identifier(predicate.term.columns[0])
        return f"compare the column itself with a range: {column} >= one moment AND {column} < the next one"
    if predicate.term.immutable:
        kind = _PATTERN_CLASSES.get(predicate.type or "") if predicate.kind == "prefix" else None
        made = create_index(table, f"({expression} {kind})" if kind else f"({expression})")
        said = f"an index on the expression: {made}"
        return f"{said}; without {kind} it serves LIKE in the collation C only" if kind else said
    return (
        f"{expression} is not IMMUTABLE, so no index can hold it: compare the bare column, or store what is compared "
        "in a column of its own"
    )
