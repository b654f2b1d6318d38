"""NPO002: a statement whose counters look like a loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.schema import Table
from advisor.indexes.proposal import Confidence
from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.npo.child import CATALOGS, TRIGGER_QUERY, unique_keys
from advisor.rules.npo.relation import relate
from advisor.rules.rule import Rule
from advisor.workload.model import Query

MEAN_MS = 1.0
BEGINS = ("begin", "start transaction", "commit", "select 1", "select $1", "end")
"""Statements that come once per request: look-ups that come as often are the requests' own."""
CONFIRM = (
    "confirm it with a log: ALTER ROLE app SET log_min_duration_statement = 0 for some minutes, or "
    "log_transaction_sample_rate = 0.01, with log_line_prefix = '%m [%p] %c %l %v %q%u@%d/%a '"
)


@dataclass(frozen=True, slots=True)
class _Parent:
    table: Table
    query: str
    rows: float
    declared: bool


OFTEN = 1.5
"""How many times as often as the median statement a suspect must run; statements on the catalogs are not counted."""


class LoopLikeStatement(Rule):
    """Finds statements that pg_stat_statements alone lets suspect of running in a loop.

    ## What it does
    From a statement export, without a log: a look-up by primary, unique or foreign key that takes less than a
    millisecond,
    is among the most frequent statements and, by primary key, returns one row a call. When its calls equal the rows
    that a
    query of a related table returned, that table is named as the parent.

    ## Why is this bad?
    See n-plus-one: each round costs a trip over the network, and no index helps.

    ## Known problems
    Counters have no order: this is a suspicion, `low`, or `medium` when calls and rows agree; never more. Look-ups
    that come as often as transactions (the current user of each request) are left out where BEGIN or COMMIT is counted.
    One statement may serve several loops, so that its calls agree with no one parent.

    ## Example
    ```text
    calls    mean     rows    query
    2 000    4.1 ms   40 000  SELECT … FROM sessions WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2
    40 000   0.02 ms  40 000  SELECT … FROM boardrooms WHERE id = $1
    ```

    ## Use instead
    First confirm it with a log of some minutes:
    ```sql
    ALTER ROLE app SET log_min_duration_statement = 0;
    -- log_line_prefix = '%m [%p] %c %l %v %q%u@%d/%a '
    ```

    ## Options
    `calls_minimum` (500): statements called less often are never suspected.

    ## References
    PostgreSQL manual, appendix F, pg_stat_statements.
    """

    code = "NPO002"
    name = "loop-like-statement"
    level = "info"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each suspect that no log has convicted or acquitted."""
        logged = {loop.child for loop in context.workload.loops}
        median = _median([query.calls for query, _ in context.analysed()])
        requests = _requests(context)
        for query, shape in context.analysed():
            if query.measured != "statements" or query.id in logged or not query.top_level:
                continue
            suspect = _suspect(query, shape, context)
            often = query.calls >= max(context.options.calls_minimum, OFTEN * median) and query.mean_ms < MEAN_MS
            if suspect and often and not _once_per_request(query, requests):
                yield self._finding(query, *suspect, context)

    def _finding(self, query: Query, table: Table, key: tuple[str, ...], context: RuleContext) -> Finding:
        parent = _parent(query, table, key, context)
        confidence: Confidence = "medium" if parent else "low"
        named = f" for each row of {parent.table.name}" if parent else ""
        return self.finding(
            (query.id,),
            f"{table.name} may be read in a loop{named}: {query.calls:,.0f} calls of {query.mean_ms:.2f} ms",
            confidence=confidence,
            evidence={
                "application": None,
                "parent_table": parent.table.name if parent else None,
                "child_table": table.name,
                "key_columns": list(key),
                "executions": query.calls,
                "parent_query": parent.query if parent else None,
                "parent_rows": parent.rows if parent else None,
                "rows_per_call": query.rows / query.calls if query.rows is not None else None,
                "total_ms": query.total_ms,
            },
            fix=CONFIRM,
            table=table.qualified,
            query=query.id,
            cost="logging every statement costs some per cent of throughput while it is on",
        )


def _suspect(query: Query, shape: QueryShape, context: RuleContext) -> tuple[Table, tuple[str, ...]] | None:
    """Return table and key of a plain look-up by key, `None` for everything else."""
    if shape.kind != "select" or len(shape.tables) != 1 or TRIGGER_QUERY.match(query.text):
        return None
    occurrence = shape.tables[0]
    table = context.table(occurrence)
    if table is None or occurrence.schema in CATALOGS or shape.features & {"for-update", "skip-locked", "offset"}:
        return None
    key = _key(occurrence)
    if not key or any(predicate.kind in ("range", "list") for predicate in occurrence.predicates):
        return None
    if any(set(columns) <= set(key) for columns in unique_keys(table)):
        one = query.rows is None or 0.9 <= query.rows / query.calls <= 1.1
        return (table, key) if one else None
    foreign = any(found.kind == "foreign" and set(found.columns) <= set(key) for found in table.constraints)
    return (table, key) if foreign else None


def _key(occurrence: TableShape) -> tuple[str, ...]:
    found = {
        predicate.term.columns[0]
        for predicate in occurrence.predicates
        if predicate.kind == "equality" and predicate.disjunction is None and len(predicate.term.columns) == 1
    }
    return tuple(sorted(found))


def _parent(query: Query, table: Table, key: tuple[str, ...], context: RuleContext) -> _Parent | None:
    """Return the related query whose rows the calls come nearest to, when they agree within a twentieth."""
    best: _Parent | None = None
    for other, shape in context.analysed():
        if other.id == query.id or not other.rows or other.database != query.database:
            continue
        for occurrence in shape.tables:
            parent = context.table(occurrence)
            relation = relate(parent, table, key) if parent else None
            near = abs(other.rows - query.calls) <= 0.05 * query.calls and other.rows > other.calls
            if parent and relation and near and (parent.schema, parent.name) != (table.schema, table.name):
                found = _Parent(parent, other.id, other.rows, relation.by == "foreign-key")
                best = min(
                    filter(None, (best, found)), key=lambda seen: (not seen.declared, abs(seen.rows - query.calls))
                )
    return best


def _requests(context: RuleContext) -> Mapping[str, float]:
    """Return the calls of the statements that come once per request."""
    return {
        query.text: query.calls
        for query in context.workload.queries
        if query.text.lower().strip().rstrip(";").startswith(BEGINS) and len(query.text) < 40
    }


def _once_per_request(query: Query, requests: Mapping[str, float]) -> bool:
    return any(abs(calls - query.calls) <= 0.1 * calls for calls in requests.values())


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0
