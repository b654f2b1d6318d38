"""What the three row-by-row rules share: writes that loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from msgspec import structs

from advisor.indexes.proposal import Confidence
from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.loops.loop_evidence import LoopEvidence, evidence
from advisor.rules.loops.loop_offers import cost, fix, offers, title
from advisor.rules.loops.problems import Problem, confidence, problems
from advisor.rules.loops.repeated_query import Kind
from advisor.rules.rule import Rule

COMMON = """## What it does
    Looks, within each unit of work of a log, for a single-row {statement} that ran again and again with other values.
    Multi-row VALUES, COPY and batches over arrays are not reported.

    ## Why is this bad?
    Each statement costs a trip over the network, and outside a transaction each waits for the disk to confirm a commit
    of its own. One statement for all rows is ten to a hundred times faster.

    ## Known problems
    A driver that pipelines statements (psycopg `executemany`, JDBC batches) saves the trips and still logs one line for
    each row: the gain is smaller then. Outside a transaction, writes that many requests make one after another over a
    pooled connection look alike: only those that follow the statement they iterate over, whose values are in order,
    or that are of the same number each time, are reported."""


class RowByRow(Rule):
    """One write statement run again and again within a unit of work, a row at a time."""

    evidence = LoopEvidence
    kind: ClassVar[Kind]
    doing: ClassVar[str]

    def __init_subclass__(cls) -> None:
        """Put what holds for all three into the rule's page: its docstring leaves `{common}` for it."""
        cls.__doc__ = (cls.__doc__ or "").replace("{common}", COMMON.format(statement=cls.kind.upper()))

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each table and application."""
        for problem in problems(context):
            if problem.child.kind == self.kind:
                yield self._finding(problem, context)

    def _finding(self, problem: Problem, context: RuleContext) -> Finding:
        child = problem.child
        autocommit = all(loop.unit == "session" for loop in problem.loops)
        shown = structs.replace(evidence(problem, context), autocommit=autocommit)
        alone = "\n(each is a transaction of its own: every one waits for the disk)" if autocommit else ""
        return self.finding(
            (problem.application or "", child.table.qualified, problem.query),
            title(problem, self.doing),
            confidence=confidence(problem, sampled=context.sampled) if problem.parent else _sure(context, autocommit),
            evidence=shown,
            fix=fix(problem, context) + alone,
            table=child.table.qualified,
            query=problem.query,
            cost=cost(problem),
            offers=offers(problem, context),
        )


def _sure(context: RuleContext, autocommit: bool) -> Confidence:
    """Return how sure a loop of writes without a parent is: one transaction leaves no doubt."""
    if context.sampled:
        return "low"
    return "medium" if autocommit else "high"
