"""SQL005: OR over different columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from advisor.analysis.shape import Predicate, TableShape
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Table
from advisor.rewrites.arms import arms, over_tables
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rules.context import RuleContext
from advisor.rules.evidence import OfferEvidence
from advisor.rules.finding import Finding, Offer
from advisor.rules.rule import Rule
from advisor.workload.model import Query


class OrOverColumnsEvidence(OfferEvidence, frozen=True, kw_only=True):
    """What a finding of SQL005 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    without_index: list[str]
    """Columns of the OR that no index begins with."""


class OrOverColumns(Rule):
    """Finds OR conditions over different columns of which some have no index.

    ## What it does
    Reports `a = … OR b = …` on a table of some size when not every arm finds an index that begins with its column.
    Offers the same as one SELECT per arm, joined by UNION ALL: each arm leaves out the rows of those before it
    (`IS NOT TRUE`), so that no row comes twice and none is lost, key or no key. An OR whose arms are conditions on
    different tables of a join is reported too: no index can serve it as it stands.

    ## Why is this bad?
    One arm without an index makes the server read the whole table for all of them. With an index for each arm it can
    combine bitmaps, but cannot use the order of either for ORDER BY and LIMIT.

    ## Known problems
    Statements that group, aggregate, lock rows, or are set operations already get no statement, and UPDATE and DELETE
    neither: write one for each arm.

    ## Example
    ```sql
    SELECT * FROM messages WHERE sender_id = 7 OR recipient_id = 7;
    ```

    ## Use instead
    ```sql
    SELECT * FROM messages WHERE sender_id = 7
    UNION ALL
    SELECT * FROM messages WHERE recipient_id = 7 AND sender_id = 7 IS NOT TRUE;
    ```
    with an index on each column.

    ## Options
    `rows_minimum` (10 000): smaller tables are left alone.

    ## References
    PostgreSQL manual, chapter 11.5, Combining Multiple Indexes.
    """

    code = "SQL005"
    name = "or-over-columns"
    evidence = OrOverColumnsEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query and table."""
        for query, shape in context.analysed():
            for occurrence in shape.tables:
                table = context.table(occurrence)
                bare = _without_index(occurrence, table) if table and context.large(occurrence) else ()
                if table and bare:
                    yield self._finding(query, table, bare, context)
            found = over_tables(query.text, context.schema) if len(shape.tables) > 1 else ()
            if any(context.statistics.rows(t.schema, t.name) >= context.options.rows_minimum for t, _ in found):
                yield self._across(query, found, context)

    def _across(self, query: Query, arms_of: tuple[tuple[Table, str], ...], context: RuleContext) -> Finding:
        """Return the finding for an OR over columns of different tables, which no index serves as it stands."""
        names = [f"{table.name}.{column}" for table, column in arms_of]
        bare = [
            f"{table.qualified} ({quote_identifier(column)})"
            for table, column in arms_of
            if column not in {index.definition.keys[0].column for index in table.indexes if index.valid}
        ]
        indexes = f", with an index on {' and on '.join(bare)}" if bare else ""
        return self.finding(
            (query.id, *names),
            f"a join is searched by {' OR '.join(names)}: rows of all tables are joined before one is left out",
            confidence="high",
            evidence=OrOverColumnsEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                without_index=bare,
            ),
            fix=f"one SELECT per arm{indexes}: each then finds its rows by its own index",
            table=arms_of[0][0].qualified,
            query=query.id,
            cost="one more index for each column; one SELECT per arm reads each arm's index once",
            offers=(Offer("rewritten", "one SELECT per arm", self._per_arm(query, arms_of, context)),),
        )

    def _per_arm(self, query: Query, arms_of: tuple[tuple[Table, str], ...], context: RuleContext) -> Rewrite | Refusal:
        return arms(query.text, frozenset(column for _, column in arms_of), context.schema)

    def _finding(self, query: Query, table: Table, bare: tuple[str, ...], context: RuleContext) -> Finding:
        return self.finding(
            (query.id, table.qualified, *bare),
            f"{table.name} is searched by one column OR another, and {', '.join(bare)} has no index",
            confidence="high",
            evidence=OrOverColumnsEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                without_index=list(bare),
            ),
            fix=f"an index on each of {', '.join(bare)}, or one SELECT per arm",
            table=table.qualified,
            query=query.id,
            proposal=context.proposal_for(query.id, table.name),
            cost="one more index for each column; one SELECT per arm reads each arm's index once",
            offers=(Offer("rewritten", "one SELECT per arm", arms(query.text, frozenset(bare), context.schema)),),
        )


def _without_index(occurrence: TableShape, table: Table) -> tuple[str, ...]:
    """Return the columns of an OR that no index begins with, when the OR ranges over several columns."""
    lists: defaultdict[int, list[Predicate]] = defaultdict(list)
    for predicate in occurrence.predicates:
        if predicate.disjunction is not None:
            lists[predicate.disjunction].append(predicate)
    leading = {index.definition.keys[0].column for index in table.indexes if index.definition.keys}
    bare: set[str] = set()
    for predicates in lists.values():
        arms: defaultdict[int | None, set[str]] = defaultdict(set)
        for predicate in predicates:
            arms[predicate.arm].update(predicate.term.columns)
        if len({frozenset(columns) for columns in arms.values()}) > 1:
            bare.update(min(columns) for columns in arms.values() if columns and not columns & leading)
    return tuple(sorted(bare))
