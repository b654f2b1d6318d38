"""CAC003: one request reads the same again and again."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import QueryShape
from advisor.rules.cac.session_dependence import hangs_on
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence, Spread
from advisor.rules.finding import Finding
from advisor.rules.loops.repeated_query import CATALOGS
from advisor.rules.rule import Rule
from advisor.workload.model import Loop, Query

UNCACHEABLE = frozenset(
    {"for-update", "for-share", "skip-locked", "nextval", "advisory-lock", "random", "current-time"}
)


CROWDED = 0.5
"""Share of the repetitions from which on, when other sessions made them as well, they are many clients' own."""
GAP_MS = 20.0
"""Longest median pause between the reads of one request where neither a transaction nor a trace bounds it."""
BRISK_MS, MANY = 1.0, 50
"""Median pause up to which, and reads from which on, they are one request's though it did nothing else: who polls
waits longer, and a few requests in a row may each ask the same."""


class SameReadInOneRequestEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of CAC003 shows for itself."""

    application: str | None
    """As the log names it."""
    child_table: str
    """The table that the loop reads or writes."""
    executions: float
    """Executions within the loops."""
    loops: float
    """Loops seen."""
    per_loop: Spread
    """Executions of one loop."""
    unit: str
    """What bounds the unit of work."""
    tags: dict[str, str]
    """Comment tags of the statements."""
    saved_ms: float
    """Time that would be saved."""


class SameReadInOneRequest(Rule):
    """Finds a read that one unit of work repeats with the very same values.

    ## What it does
    Looks, within each transaction, trace or burst of a session, for a SELECT that ran five times and more with
    identical
    values.

    ## Why is this bad?
    Within one request the answer rarely changes. Each repetition is a trip for nothing: a current user, a permission, a
    setting looked up by every function that needs it.

    ## Known problems
    A test that waits for a row to appear looks the same. Repetitions with varying values are n-plus-one, not this.

    ## Example
    ```sql
    SELECT name FROM users WHERE id = 7;
    SELECT name FROM users WHERE id = 7;
    -- … seven more
    ```

    ## Use instead
    Read it once and pass it on; memoise the function for the length of the request (`functools.cached_property`,
    a request-scoped identity map, Rails' `CurrentAttributes`).

    ## Options
    `loop_minimum` (5) executions in one unit of work; `budgets` by application.

    ## References
    Chen et al., Finding and Evaluating the Performance Impact of Redundant Data Access, TSE 2016.
    """

    code = "CAC003"
    name = "same-read-in-one-request"
    evidence = SameReadInOneRequestEvidence
    level = "info"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query and application."""
        for loop in context.workload.loops:
            shape = context.shapes.get(loop.child)
            least = max(context.options.loop_minimum, context.options.budgets.get(loop.application or "", 0))
            query = context.queries.get(loop.child)
            if (
                query is None
                or shape is None
                or not _plain_read(shape)
                or not _one_session(loop, query, shape, context)
            ):
                continue
            if _together(loop) and not loop.varying and loop.median >= least:
                yield self._finding(loop, shape, context)

    def _finding(self, loop: Loop, shape: QueryShape, context: RuleContext) -> Finding:
        table = context.table(shape.tables[0])
        saved = loop.duration_ms + loop.gap_ms * loop.executions
        return self.finding(
            (loop.child, loop.application or ""),
            f"one request reads the same of {shape.tables[0].table} {loop.median:g} times",
            confidence="high" if loop.unit != "session" else "medium",
            evidence=SameReadInOneRequestEvidence(
                application=loop.application,
                child_table=shape.tables[0].table,
                executions=loop.executions,
                loops=loop.loops,
                per_loop=Spread(median=loop.median, p95=loop.p95, max=loop.max),
                unit=loop.unit,
                tags=dict(loop.tags),
                saved_ms=saved * (1 - loop.loops / loop.executions),
            ),
            fix="read it once in a request and pass it on, or memoise the function that reads it",
            table=table.qualified if table else None,
            query=loop.child,
            cost="within the request, changes by others are seen no more",
        )


def _one_session(loop: Loop, query: Query, shape: QueryShape, context: RuleContext) -> bool:
    """Return whether the reads gave the same: within a transaction or trace, or because no session matters to them."""
    return loop.unit in ("transaction", "trace") or hangs_on(query, shape, context) is None


def _plain_read(shape: QueryShape) -> bool:
    own = any(table.schema not in CATALOGS for table in shape.tables)
    return shape.kind == "select" and own and not shape.features & UNCACHEABLE


def _together(loop: Loop) -> bool:
    """Return whether one request made the reads: outside transactions, where it did something else as well."""
    if loop.unit != "session":
        return True
    by_itself = loop.gap_ms <= BRISK_MS and loop.median >= MANY
    return loop.crowded < CROWDED and (by_itself or (loop.gap_ms <= GAP_MS and bool(loop.beside)))
