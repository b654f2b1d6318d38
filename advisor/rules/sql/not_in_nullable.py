"""SQL006: NOT IN with a subquery that may return NULL."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import QueryShape
from advisor.rewrites.not_in import NotIn, not_exists
from advisor.rewrites.rewrite import Refusal
from advisor.rules.context import RuleContext
from advisor.rules.evidence import OfferEvidence
from advisor.rules.finding import Finding, Offer
from advisor.rules.rule import Rule
from advisor.workload.model import Query


class NotInNullableEvidence(OfferEvidence, frozen=True, kw_only=True):
    """What a finding of SQL006 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""


class NotInNullable(Rule):
    """Finds NOT IN over a subquery whose column may be NULL.

    ## What it does
    Reports `x NOT IN (SELECT y …)` where `y` is not declared NOT NULL, and offers it as NOT EXISTS in two forms: one
    that finds the same rows whatever is NULL, and one that leaves the list's NULLs out, which is mostly what was meant.
    Both were run beside the original on rows of every kind before they are shown.

    ## Why is this bad?
    One NULL among the subquery's rows makes the condition never true: the query returns nothing, silently. And because
    of that the server cannot plan an anti-join: it keeps the subquery's rows in memory, and beyond `work_mem` it reads
    them again for every row.

    ## Known problems
    Which of the two forms is right only the application knows. A NOT IN within NOT, CASE or a select list, over a list
    with LIMIT, or of rows that may hold NULL is reported without a statement.

    ## Example
    ```sql
    SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM messages);
    ```

    ## Use instead
    ```sql
    SELECT id FROM users WHERE NOT EXISTS (SELECT 1 FROM messages WHERE messages.user_id = users.id)
      AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.user_id IS NULL);   -- as NOT IN does
    SELECT id FROM users WHERE NOT EXISTS (SELECT 1 FROM messages WHERE messages.user_id = users.id);
    ```

    ## Options
    None.

    ## References
    PostgreSQL wiki, Don't Do This, "Don't use NOT IN".
    """

    code = "SQL006"
    name = "not-in-nullable"
    evidence = NotInNullableEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query."""
        for query, shape in context.analysed():
            if "not-in-nullable" in shape.features and shape.tables:
                table = context.table(shape.tables[0])
                yield self._finding(query, shape, table.qualified if table else None, context)

    def _finding(self, query: Query, shape: QueryShape, table: str | None, context: RuleContext) -> Finding:
        return self.finding(
            (query.id,),
            "NOT IN over a subquery that may return NULL: one NULL and nothing is found",
            confidence="high",
            evidence=NotInNullableEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
            ),
            fix="use NOT EXISTS, and say of each NULL what it is to mean: one in the list, one on the left",
            table=table,
            query=query.id,
            cost="none for the first form; the other one finds more rows wherever the list holds a NULL",
            offers=_offers(not_exists(query.text, context.schema), _DOES.get(shape.kind, "finds")),
        )


_DOES = {"delete": "deletes", "update": "changes"}


def _offers(found: NotIn | Refusal, does: str) -> tuple[Offer, ...]:
    if isinstance(found, Refusal):
        return (Offer("rewritten", "", found),)
    exact = Offer("rewritten", "the same rows as today, whatever is NULL", found.exact)
    if found.choice is None:
        return (exact,)
    lead = f"or with the list's NULLs left out: it {does} rows that NOT IN leaves alone once there is one"
    return (exact, Offer("choice", lead, found.choice))
