"""What the planner says: the cost of each query under sets of candidates, every question asked once."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from advisor.indexes.costing.heaps import Heaps
from advisor.indexes.costing.pricing import estimated_time
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused, WhatIf

NONE: frozenset[int] = frozenset()
NO_SCHEMA: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one query is planned under one set of candidates."""

    cost: float
    """Mean over its statements, by their weights, in planner units."""
    estimated: float
    """The same by the time model of `advisor.indexes.costing.pricing`, which tells what slows the query."""
    filtering: float
    """Share of the cost spent in statements that fetch rows by an index and then discard some of them."""
    used: frozenset[int]
    """Candidates its plans read."""
    existing: frozenset[str]
    """Other indexes its plans read, by name."""
    each: tuple[float, ...]
    """Cost per statement."""


@dataclass(frozen=True, slots=True)
class Question:
    """Plan a query with these candidates shown and these existing indexes hidden, by full name."""

    query: str
    shown: frozenset[int] = NONE
    hidden: frozenset[str] = frozenset()


@dataclass
class Costs:
    """The planner's answers so far; `ask` in batches, then read with `outcome`."""

    what_if: WhatIf
    statements: Mapping[str, tuple[BoundStatement, ...]]
    names: Mapping[int, str]
    """Names of the candidates on the twin, by number; refused ones are missing. More may be added."""
    heaps: Heaps | None
    """What the time model knows of tables; without it every visit of the heap costs what the planner says."""
    deadline: float | None = None
    schemas: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Per query, the schemas of the tables it reads."""
    asked: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """Query id to the server's words, for queries that cannot be planned."""
    _known: dict[str, dict[tuple[frozenset[int], frozenset[str]], Outcome]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _numbers: dict[str, int] = field(default_factory=dict)

    @property
    def late(self) -> bool:
        """Return whether the time limit has passed."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def ask(self, questions: Iterable[Question]) -> None:
        """Have the planner answer every question that is not answered yet."""
        if len(self._numbers) != len(self.names):
            self._numbers = {name: number for number, name in self.names.items()}
        open_questions = [q for q in dict.fromkeys(questions) if self._open(q)]
        asks = [
            Ask(statement, frozenset(self.names[i] for i in question.shown if i in self.names), question.hidden)
            for question in open_questions
            for statement in self.statements[question.query]
        ]
        self.asked += len(asks)
        answers = iter(self.what_if.plan(asks) if asks else ())
        for question in open_questions:
            own = self.statements[question.query]
            self._keep(question, own, [next(answers) for _ in own])

    def outcome(self, query: str, shown: frozenset[int] = NONE, hidden: frozenset[str] = frozenset()) -> Outcome | None:
        """Return the answer, `None` when it was not asked for or the query cannot be planned.

        A plan stays the best as long as its own indexes are shown and no new ones are: such answers are inferred.
        """
        known = self._known.get(query, {})
        if exact := known.get((shown, hidden)):
            return exact
        for (more, same), found in known.items():
            if same == hidden and found.used <= shown <= more:
                return found
        return None

    def known(self, query: str) -> Iterable[tuple[frozenset[int], Outcome]]:
        """Return every set of used candidates seen for a query with nothing hidden, with its outcome."""
        return [(found.used, found) for (_, hidden), found in self._known.get(query, {}).items() if not hidden]

    def _open(self, question: Question) -> bool:
        if question.query in self.refused or not self.statements.get(question.query):
            return False
        return self.outcome(question.query, question.shown, question.hidden) is None

    def _keep(
        self, question: Question, statements: tuple[BoundStatement, ...], plans: list[PlanNode | Refused]
    ) -> None:
        costs: list[float] = []
        used: set[int] = set()
        existing: set[str] = set()
        for plan in plans:
            if isinstance(plan, Refused):
                self.refused[question.query] = plan.reason
                return
            costs.append(plan.total_cost)
            for name in plan.indexes:
                if name in self._numbers:
                    used.add(self._numbers[name])
                else:
                    existing.add(name)
        shares = [statement.weight for statement in statements]
        weights = [each * share for each, share in zip(costs, shares, strict=True)]
        wasteful = [weight for weight, plan in zip(weights, plans, strict=True) if filters(plan)]
        heaps = self.heaps and self.heaps.within(self.schemas.get(question.query, NO_SCHEMA))
        estimated = sum(
            estimated_time(plan, heaps) * share
            for plan, share in zip(plans, shares, strict=True)
            if not isinstance(plan, Refused)
        )
        cost = sum(weights)
        share = sum(wasteful) / (cost or 1.0)
        outcome = Outcome(cost, estimated, share, frozenset(used), frozenset(existing), tuple(costs))
        self._known[question.query][question.shown, question.hidden] = outcome


def filters(plan: PlanNode | Refused) -> bool:
    """Return whether a plan discards rows it fetched through an index: what skewed values make worse than estimated."""
    if isinstance(plan, Refused):
        return False
    return any("Filter" in node.detail and (node.index or node.node_type == "Bitmap Heap Scan") for node in plan.walk())
