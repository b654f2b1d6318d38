"""NPO002: a statement whose counters look like a loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.schema import Table
from advisor.indexes.proposal import Confidence
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.loops.parent import single_row
from advisor.rules.loops.relation import declared, points_somewhere, relate
from advisor.rules.loops.repeated_query import CATALOGS, MANY_ROWS, TRIGGER_QUERY, unique_keys
from advisor.rules.rule import Rule
from advisor.workload.model import Query

MEAN_MS = 1.0
SEVERAL = 3
"""Rows a call that make a list."""
OFTEN = 5
"""Calls for each call of a list that make a suspicion."""
EXPLAINED = 1.5
"""Calls for each row of a list up to which its rows explain them."""
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


class LoopLikeStatementEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of NPO002 shows for itself."""

    application: str | None
    """As the log names it."""
    parent_table: str | None
    """The table whose rows the loop goes over."""
    child_table: str
    """The table that the loop reads or writes."""
    key_columns: list[str]
    """Columns that the loop looks up by."""
    executions: float
    """Executions within the loops."""
    parent_query: str | None
    """Id of the query whose rows the loop goes over."""
    parent_rows: float | None
    """Rows that the parent returned."""
    rows_per_call: float | None
    """Rows that one execution returned."""
    total_ms: float
    """Time of all executions."""


class LoopLikeStatement(Rule):
    """Finds statements that pg_stat_statements alone lets suspect of running in a loop.

    ## What it does
    From a statement export, without a log: a look-up by primary, unique or foreign key, or a write of one row, that
    takes less than a millisecond and comes several times for each call of a list of a related table, no oftener than
    its rows explain. When its calls equal the rows that such a list returned, that table is named as the parent.
    Single-row writes are suspected by themselves where no other statement has as many calls, for what one request does
    comes equally often; so are look-ups by type and id (a generic relation) and of the latest row up to a moment (a
    price, a rate). Those that take most time come first.

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
    `calls_minimum` (8): statements called less often are never suspected.

    ## References
    PostgreSQL manual, appendix F, pg_stat_statements.
    """

    code = "NPO002"
    name = "loop-like-statement"
    evidence = LoopLikeStatementEvidence
    level = "info"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each suspect that no log has convicted or acquitted, the one to gain most by first."""
        logged = {loop.child for loop in context.workload.loops}
        requests = _requests(context)
        lists = _lists(context)
        companions = Counter(round(query.calls) for query, _ in context.analysed())
        found: list[tuple[float, Finding]] = []
        for query, shape in context.analysed():
            if query.measured != "statements" or query.id in logged or not query.top_level:
                continue
            suspect = _suspect(query, shape, context)
            often = query.calls >= context.options.calls_minimum and query.mean_ms < MEAN_MS
            if suspect is None or not often or _once_per_request(query, requests):
                continue
            parent = _parent(query, *suspect, context)
            driven = _driven(query, *suspect, lists)
            lonely = companions[round(query.calls)] == 1
            alone = lonely and (shape.kind != "select" or _of_rows(shape, suspect[1]))
            if parent or driven or alone:
                found.append((-query.total_ms, self._finding(query, *suspect, parent, context)))
        yield from (finding for _, finding in sorted(found, key=lambda pair: (pair[0], pair[1].id)))

    def _finding(
        self, query: Query, table: Table, key: tuple[str, ...], parent: _Parent | None, context: RuleContext
    ) -> Finding:
        doing = "read" if context.shapes[query.id].kind == "select" else "written"
        confidence: Confidence = "medium" if parent else "low"
        named = f" for each row of {parent.table.name}" if parent else ""
        return self.finding(
            (query.id,),
            f"{table.name} may be {doing} in a loop{named}: {query.calls:,.0f} calls of {query.mean_ms:.2f} ms",
            confidence=confidence,
            evidence=LoopLikeStatementEvidence(
                application=None,
                parent_table=parent.table.name if parent else None,
                child_table=table.name,
                key_columns=list(key),
                executions=query.calls,
                parent_query=parent.query if parent else None,
                parent_rows=parent.rows if parent else None,
                rows_per_call=query.rows / query.calls if query.rows is not None else None,
                total_ms=query.total_ms,
            ),
            fix=CONFIRM,
            table=table.qualified,
            query=query.id,
            cost="logging every statement costs some per cent of throughput while it is on",
        )


def _suspect(query: Query, shape: QueryShape, context: RuleContext) -> tuple[Table, tuple[str, ...]] | None:
    """Return table and key of a plain look-up by key or of a write of one row, `None` for everything else."""
    if len(shape.tables) != 1 or TRIGGER_QUERY.match(query.text):
        return None
    occurrence = shape.tables[0]
    table = context.table(occurrence)
    if table is None or occurrence.schema in CATALOGS or shape.features & {"for-update", "skip-locked", "offset"}:
        return None
    if shape.kind == "insert":
        return _inserted(query, shape, table)
    key = _key(occurrence)
    if not key or any(predicate.kind == "list" for predicate in occurrence.predicates):
        return None
    if any(predicate.kind == "range" for predicate in occurrence.predicates):
        return (table, key) if _as_of(query, shape, table, key) else None
    if any(set(columns) <= set(key) for columns in unique_keys(table)):
        one = query.rows is None or query.rows / query.calls <= 1.1
        return (table, key) if one else None
    foreign = any(found.kind == "foreign" and set(found.columns) <= set(key) for found in table.constraints)
    leading = any(set(columns[: len(key)]) == set(key) for columns in unique_keys(table))
    points = foreign or leading or _typed(key) or points_somewhere(context.schema, table, key)
    reads = shape.kind == "select" and points
    return (table, key) if reads else None


def _as_of(query: Query, shape: QueryShape, table: Table, key: tuple[str, ...]) -> bool:
    """Return whether the latest row up to a moment is looked up: a unique key's first columns, a limit of one row."""
    leading = any(set(columns[: len(key)]) == set(key) and len(columns) > len(key) for columns in unique_keys(table))
    one = query.rows is None or query.rows <= 1.1 * query.calls
    return shape.kind == "select" and leading and one and "limit" in shape.features


def _typed(key: Sequence[str]) -> bool:
    """Return whether a key is that of a generic relation: what something belongs to is told by its type and id."""
    kinds = {name.removesuffix("_type") for name in key if name.endswith("_type")}
    return any(f"{kind}_id" in key for kind in kinds)


def _of_rows(shape: QueryShape, key: Sequence[str]) -> bool:
    """Return whether a look-up is of a kind that is made for the rows of a list, hardly for a request by itself."""
    return _typed(key) or any(predicate.kind == "range" for predicate in shape.tables[0].predicates)


def _inserted(query: Query, shape: QueryShape, table: Table) -> tuple[Table, tuple[str, ...]] | None:
    """Return table and foreign keys of an INSERT of one row."""
    many = "multi-row-values" in shape.features or MANY_ROWS.search(query.text)
    if many or (query.rows or query.calls) > 1.1 * query.calls:
        return None
    return table, tuple(column for found in table.constraints if found.kind == "foreign" for column in found.columns)


@dataclass(frozen=True, slots=True)
class _List:
    """A statement that returns several rows of a table."""

    query: Query
    table: Table


def _lists(context: RuleContext) -> tuple[_List, ...]:
    """Return the statements whose rows somebody may iterate over."""
    found = []
    for query, shape in context.analysed():
        several = query.rows is not None and query.rows >= SEVERAL * query.calls
        for occurrence in shape.tables if shape.kind == "select" and several else ():
            table = context.table(occurrence)
            if table is not None and not single_row(shape, occurrence, table):
                found.append(_List(query, table))
    return tuple(found)


def _driven(query: Query, table: Table, key: tuple[str, ...], lists: Sequence[_List]) -> bool:
    """Return whether the calls are many for each call of a related list, and no more than its rows explain."""
    return any(
        one.query.id != query.id
        and one.query.database == query.database
        and query.calls >= OFTEN * one.query.calls
        and query.calls <= EXPLAINED * (one.query.rows or 0.0)
        and (relate(one.table, table, key) or declared(one.table, table, key))
        for one in lists
    )


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
