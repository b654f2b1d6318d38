"""NPO003: a unit of work that runs very many statements, none of them to blame alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence, Spread
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.loops.finish_loops import percentile
from advisor.workload.observed import UnitSizes

UNITS = 3
"""Units from which on their size is a habit."""


class ChattyUnitEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of NPO003 shows for itself."""

    application: str | None
    """As the log names it."""
    tags: dict[str, str]
    """Comment tags of the statements."""
    units: int
    """Units of work seen."""
    statements: Spread
    """Statements of a unit."""
    without_repeated: dict[str, float]
    """The same without those that repeat."""
    budget: int
    """Statements a unit may have."""


class ChattyUnit(Rule):
    """Finds requests and transactions that run very many statements, of which no one alone is to blame.

    ## What it does
    Counts, in a log, the statements of each unit of work that a transaction or a trace bounds, and reports the places
    (application and tags such as controller, action, route) of which one unit in twenty runs more than a budget. A
    statement that makes up a fifth of its unit counts once: it is reported by itself, as an n-plus-one, a row-by-row
    write or a repeated read, and what it is not guilty of remains.

    ## Why is this bad?
    Each statement is a trip over the network: a hundred of them at half a millisecond are fifty milliseconds that no
    index takes away. A long transaction of many statements holds its locks and its connection all the while.

    ## Known problems
    Jobs that work through a lot on purpose: give their application a budget. Units that only pauses bound are not
    counted, for behind a pool they may be many requests; a `traceparent` or request id in a comment makes them count.
    Where the log holds no tags, all requests of an application are one place.

    ## Example
    ```text
    /*controller='checkout',action='show'*/   143 statements a request (median), 160 (p95)
    ```

    ## Use instead
    Read what belongs together with one statement (joins, eager loading, data loaders), keep what seldom changes in a
    cache, load parts of a page when they are looked at.

    ## Options
    `unit_budget` (100) statements a unit may run; `budgets` gives an application another number.

    ## References
    GitLab development documentation, Query count limits: a hundred statements a request.
    """

    code = "NPO003"
    name = "chatty-unit"
    evidence = ChattyUnitEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each place."""
        for sizes in context.workload.units:
            budget = context.options.budgets.get(sizes.application or "", context.options.unit_budget)
            others = Counter(dict(sizes.others))
            if others.total() >= UNITS and percentile(others, 0.95) > budget:
                yield self._finding(sizes, others, budget, context)

    def _finding(self, sizes: UnitSizes, others: Counter[int], budget: int, context: RuleContext) -> Finding:
        statements = Counter(dict(sizes.statements))
        median, p95 = percentile(statements, 0.5), percentile(statements, 0.95)
        tags = " ".join(f"{name}={value}" for name, value in sizes.tags.items())
        who = " ".join(filter(None, (sizes.application or "an unnamed application", tags)))
        return self.finding(
            (sizes.application or "", tags),
            f"a unit of work of {who} runs {median} statements (median), {p95} (p95); the budget is {budget}",
            confidence="low" if context.sampled else "high",
            evidence=ChattyUnitEvidence(
                application=sizes.application,
                tags=dict(sizes.tags),
                units=statements.total(),
                statements=Spread(median=median, p95=p95, max=max(statements)),
                without_repeated={"median": percentile(others, 0.5), "p95": percentile(others, 0.95)},
                budget=budget,
            ),
            fix="read together what belongs together, cache what seldom changes; comment tags (sqlcommenter: "
            "controller, action, route) in the log say which request it is",
            cost="larger statements are harder to cache and to read",
        )
