"""What every rule is given: the workload, what analysis made of it, the catalog, and what the planner said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics
from advisor.indexes.proposal import IndexProposal
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Query, Workload


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """Thresholds of the rules; each rule's page names those it heeds."""

    loop_minimum: int = 5
    """Executions that make a loop when nothing else speaks for one."""
    loop_minimum_with_parent: int = 3
    """Executions that make a loop when a statement before it returned what it iterates over."""
    gap_ms: float = 250.0
    """Longest median pause between executions of a loop without a parent, outside transactions and traces."""
    budgets: Mapping[str, int] = field(default_factory=dict)
    """Application name to the loop length, and the statements in a unit of work, that it may have: jobs that loop on
    purpose."""
    unit_budget: int = 100
    """Statements a unit of work may run."""
    calls_minimum: float = 8
    """Calls from which on a statement of an export may be suspected of a loop."""
    share: float = 0.01
    """Share of the workload's time below which a merely wasteful query is not worth a line."""
    rows_minimum: float = 10_000
    """Rows from which on a table is large enough for its access paths to matter."""
    unused_days: float = 7
    """Days that the scan counters must span to call an index unused; `--least-window` wins over it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One way to run a query, and the plan it gets with the schema as it is."""

    statement: BoundStatement
    plan: PlanNode


@dataclass(frozen=True)
class RuleContext:
    """Everything a rule may look at; rules change nothing and ask no server."""

    workload: Workload
    shapes: Mapping[str, QueryShape]
    """By query id; queries that could not be analysed are missing."""
    schema: Schema
    statistics: Statistics
    proposals: tuple[IndexProposal, ...] = ()
    plans: Mapping[str, PlanNode] = field(default_factory=dict)
    """By query id: the plan with the schema as it is."""
    every_plan: Mapping[str, tuple[Planned, ...]] = field(default_factory=dict)
    """By query id: each statement with its plan, for those queries of which a rule compares rows (`plan_counted`)."""
    options: RuleOptions = RuleOptions()
    parameter_types: Callable[[str], Sequence[str]] = lambda text: ()
    """Returns the types that the server infers for a statement's `$1`…; nothing where no server was asked."""
    environment: str | None = None
    """Text of the team's Alembic `env.py`, where there is one."""

    @cached_property
    def total_ms(self) -> float:
        """Return the time of the whole workload, in milliseconds."""
        return sum(query.total_ms for query in self.workload.queries)

    @cached_property
    def queries(self) -> Mapping[str, Query]:
        """Return the workload's queries by id."""
        return {query.id: query for query in self.workload.queries}

    def share(self, query: Query) -> float:
        """Return a query's share of the workload's time, between 0 and 1."""
        return query.total_ms / self.total_ms if self.total_ms else 0.0

    def heavy(self, query: Query) -> bool:
        """Return whether a query takes enough of the workload's time to be worth a line."""
        return self.share(query) >= self.options.share

    def rows(self, shape: TableShape) -> float:
        """Return the rows of an occurrence's table, 0 when unknown."""
        return self.statistics.rows(shape.schema, shape.table)

    def large(self, shape: TableShape) -> bool:
        """Return whether an occurrence's table is large enough for its access paths to matter."""
        return self.rows(shape) >= self.options.rows_minimum

    @property
    def sampled(self) -> bool:
        """Return whether the capture left statements out, by sampling or a duration threshold."""
        settings = [entry.settings for entry in self.workload.inputs]
        return any(_hides(found) for found in settings)

    @cached_property
    def coarse(self) -> bool:
        """Return whether the log's time stamps are of seconds (`%t`), so that pauses between requests are not seen."""
        prefixes = [entry.settings.get("log_line_prefix", "") for entry in self.workload.inputs]
        return any("%t" in prefix and "%m" not in prefix and "%n" not in prefix for prefix in prefixes)

    def analysed(self) -> Iterator[tuple[Query, QueryShape]]:
        """Yield every query that has a shape, heaviest first."""
        for query in self.workload.queries:
            if shape := self.shapes.get(query.id):
                yield query, shape

    def table(self, shape: TableShape) -> Table | None:
        """Return the table of one occurrence, `None` when the catalog does not hold it."""
        return self.schema.tables.get((shape.schema, shape.table))

    def proposal_for(self, query: str, table: str) -> str | None:
        """Return the id of the proposal that serves this query on this table, if there is one."""
        for proposal in self.proposals:
            served = any(benefit.query == query for benefit in proposal.queries)
            if served and proposal.definition.table == table:
                return proposal.id
        return None


def _hides(settings: Mapping[str, str]) -> bool:
    return bool(settings.keys() & {"threshold", "sampling"})
