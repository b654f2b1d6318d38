"""SQL001: pages found by OFFSET."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import Constant, QueryShape
from advisor.rewrites.keyset import keyset
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rules.context import RuleContext
from advisor.rules.evidence import OfferEvidence
from advisor.rules.finding import Finding, Offer
from advisor.rules.loops.repeated_query import slot_of
from advisor.rules.rule import Rule
from advisor.workload.model import Query


class OffsetPagingEvidence(OfferEvidence, frozen=True, kw_only=True):
    """What a finding of SQL001 shows for itself."""

    calls: float
    """Executions."""
    total_ms: float
    """Time of all executions."""
    deepest: int | None
    """The largest OFFSET seen."""


class OffsetPaging(Rule):
    """Finds lists whose pages are reached by OFFSET.

    ## What it does
    Reports each SELECT with an OFFSET that was seen to be above zero, or whose values are unknown, and rewrites it so
    that a page begins after the last row of the one before.

    ## Why is this bad?
    The server computes, sorts and throws away every row of the earlier pages: page 1000 costs a thousand times page 1.
    Rows that are inserted meanwhile shift the pages, so that readers see rows twice or miss some.

    ## Known problems
    Keyset paging cannot jump to page 17. The order is completed to a total one by a key of every table; without such a
    key, after DISTINCT, GROUP BY or window functions, and with row locks no statement is shown. A sort column that may
    be NULL takes a longer condition, which an index serves in order but cannot skip by.
    Where nobody leafs beyond the first pages, OFFSET does no harm: the evidence says how deep the captured ones went.

    ## Example
    ```sql
    SELECT id, content FROM messages WHERE user_id = 7 ORDER BY created_at DESC LIMIT 25 OFFSET 2500;
    ```

    ## Use instead
    ```sql
    SELECT id, content FROM messages
    WHERE user_id = 7 AND (created_at, id) < ('2025-06-01 12:00', 81234)
    ORDER BY created_at DESC, id DESC LIMIT 25;
    ```
    with an index on the filter columns followed by the sort columns: `(user_id, created_at, id)`.

    ## Options
    None.

    ## References
    Markus Winand, Use The Index, Luke, chapter Partial Results: Paging Through Results.
    """

    code = "SQL001"
    name = "offset-paging"
    evidence = OffsetPagingEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each paged query."""
        for query, shape in context.analysed():
            if shape.kind == "select" and shape.offset is not None and shape.tables:
                offsets = _offsets(query, shape)
                if offsets is None or max(offsets, default=0) > 0:
                    yield self._finding(query, shape, offsets, context)

    def _finding(self, query: Query, shape: QueryShape, offsets: list[int] | None, context: RuleContext) -> Finding:
        sorted_table = next((table for table in shape.tables if table.sort and table.level == 0), None)
        table = context.table(sorted_table or shape.tables[0])
        name = table.name if table else shape.tables[0].table
        found = keyset(query.text, context.schema)
        deep = f", up to OFFSET {max(offsets)}" if offsets else ""
        return self.finding(
            (query.id,),
            f"{name} is paged by OFFSET{deep}",
            confidence="high" if offsets else "medium",
            evidence=OffsetPagingEvidence(
                calls=query.calls,
                total_ms=query.total_ms,
                deepest=max(offsets) if offsets else None,
            ),
            fix="go on after the last row of the page before, instead of counting rows from the start",
            table=table.qualified if table else None,
            query=query.id,
            proposal=context.proposal_for(query.id, name),
            cost="no jump to an arbitrary page; the client keeps the last row's sort values",
            offers=(Offer("rewritten", "the next page", found, _after(found)),),
        )


def _after(found: Rewrite | Refusal) -> str:
    """Return what stands below the statement: its parameters, and the index that gives its order."""
    if isinstance(found, Refusal):
        return ""
    return f"({found.explanation})" + (f"\nindex it needs: {found.index}" if found.index else "")


def _offsets(query: Query, shape: QueryShape) -> list[int] | None:
    """Return the offsets seen, `None` when nothing is known of them."""
    assert shape.offset is not None
    slot = slot_of(shape.offset)
    if isinstance(shape.offset, Constant) and (shape.offset.value or "").isdigit():
        return [int(shape.offset.value or 0)]
    if slot is None or slot >= len(query.slots):
        return None
    return [int(value) for value, _ in query.slots[slot].common if value and value.isdigit()]
