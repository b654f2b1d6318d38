"""NPO001: a query run once per row of another query."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.loops.loop_evidence import LoopEvidence, evidence
from advisor.rules.loops.loop_offers import cost, fix, offers, title
from advisor.rules.loops.problems import Problem, confidence, problems
from advisor.rules.loops.repeated_query import WRITES
from advisor.rules.rule import Rule


class NPlusOne(Rule):
    """Finds a query that runs once for each row another query returned.

    ## What it does
    Looks, within each unit of work of a log (a trace or request tag, a transaction, the run of statements between two
    pauses of a session; else a burst over several connections), for one statement that ran again and again with a
    varying key: by primary or unique key, by foreign key, as a count or sum of such rows, by a constant type and a
    varying id, by several columns. Then it names the statement that returned those keys: by a declared foreign key in
    either direction, else by names and types, by its LIMIT, its order, its IN list, and by the rows it returned where a
    captured plan tells.

    ## Why is this bad?
    Each round costs a trip over the network and a fixed price on the server. A page of 50 rows makes 51 statements, and
    it gets slower with every row the business gains. No index helps: each round is fast already.

    ## Known problems
    A log with a duration threshold or statement sampling hides rounds: such findings are never above `low`. Paging,
    chunked IN lists, `= ANY` batches, polling, retries, cursors, queues with SKIP LOCKED, catalog look-ups and the
    server's own foreign-key checks are told apart and never reported.

    Where neither a transaction nor a trace holds statements together, a pool's connection may serve one visitor after
    the other. A loop is reported there when the statement it follows came first nearly every time and was followed by
    it at least every second time, and its pauses are those of one client; or, without such a statement, when its values
    are in order or it is of the same length each time.

    A loop over several connections (`asyncio.gather`, thread pools, a pooler) is a burst or, slower, a spell: ten and
    more rounds with keys of their own, 50 ms (a spell: half a second) of quiet before and after, two seconds at most
    after the statement whose rows it takes. At least four in five must have come so, half of all executions must lie in
    them, and they are never above `medium`; several clients at once, each of which read the list, count as one.
    Requests that follow each other without a pause hide it; put a `traceparent` or request id into a comment, and every
    loop of a request is found, over however many connections. Rows handed to parallel workers by key look the same
    unless the workers write them.

    ## Example
    ```sql
    SELECT * FROM sessions WHERE user_id = 7 ORDER BY created_at DESC LIMIT 20;
    SELECT * FROM threads WHERE session_id = 101;
    SELECT * FROM threads WHERE session_id = 102;
    -- … eighteen more
    ```

    ## Use instead
    ```sql
    SELECT * FROM sessions WHERE user_id = 7 ORDER BY created_at DESC LIMIT 20;
    SELECT * FROM threads WHERE session_id = ANY ('{101,102,…}');
    ```
    In the application: eager loading (SQLAlchemy `selectinload`, Django `prefetch_related`, ActiveRecord `includes`,
    …).

    ## Options
    `loop_minimum` (5) executions make a loop, `loop_minimum_with_parent` (3) when its parent is known; `budgets`
    gives an
    application that loops on purpose the length it may have; `gap_ms` (250) is the
    longest median pause within a loop of which no parent is known, outside transactions and traces.

    ## References
    Chen et al., Detecting Performance Anti-patterns for Applications Developed using Object-Relational Mapping, ICSE
    2014.
    """

    code = "NPO001"
    name = "n-plus-one"
    evidence = LoopEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each parent, child and application."""
        reads = [problem for problem in problems(context) if problem.child.kind not in WRITES]
        for problem in reads:
            yield self._finding(problem, _beside(problem, reads), context)

    def _finding(self, problem: Problem, beside: list[str], context: RuleContext) -> Finding:
        child = problem.child
        parent = problem.parent.table.qualified if problem.parent else ""
        counted = "counted" if child.kind == "aggregate" else "read"
        return self.finding(
            (problem.application or "", parent, child.table.qualified, *child.key, problem.query),
            title(problem, counted),
            confidence=confidence(problem, sampled=context.sampled),
            evidence=structs.replace(evidence(problem, context), together_with=beside),
            fix=fix(problem, context),
            table=child.table.qualified,
            query=problem.query,
            proposal=context.proposal_for(problem.query, child.table.name),
            cost=cost(problem),
            offers=offers(problem, context),
        )


def _beside(problem: Problem, others: list[Problem]) -> list[str]:
    """Return the other tables that the same loop reads for each row of the same parent."""
    parent = problem.parent.query if problem.parent else None
    return sorted(
        other.child.table.name
        for other in others
        if parent and other is not problem and other.parent and other.parent.query == parent
        and other.application == problem.application
    )  # fmt: skip
