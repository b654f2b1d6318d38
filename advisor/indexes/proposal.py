"""An index worth building, replacing or dropping, with its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.indexes.decision import Decision
from advisor.twin.plan import PlanNode
from advisor.twin.statement import Basis

Confidence = Literal["proven", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class QueryBenefit:
    """What a proposal does for one query."""

    query: str
    """Query id."""
    cost_before: float
    cost_after: float
    """Planner cost with the proposal and all others that were chosen."""
    time_saved_ms_per_day: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a proposal does for the workload."""

    time_saved_ms_per_day: float
    """After all other chosen proposals: what would be lost without this one."""
    time_saved_alone_ms_per_day: float
    """If it were the only one."""
    cost_before: float
    """Sum over the served queries, weighted by calls per day."""
    cost_after: float
    percent: float
    """Fall of the served queries' cost, 0 to 100."""


@dataclass(frozen=True, slots=True)
class WriteCost:
    """What a proposal costs on every write."""

    ms_per_day: float
    writes_per_day: float
    """Index tuples written per day: inserts and updates that are not HOT."""
    hot_updates_lost_per_day: float = 0.0


@dataclass(frozen=True, slots=True)
class IndexProposal:
    """One action on one index."""

    id: str
    """Stable as long as the definition stands (`proposal_id`)."""
    action: Literal["create", "drop", "replace"]
    name: str
    """Name of the index to create, or to drop."""
    definition: IndexDefinition
    size: IndexSize
    benefit: Benefit
    write_cost: WriteCost
    queries: tuple[QueryBenefit, ...]
    basis: Basis
    confidence: Confidence
    replaces: tuple[str, ...] = ()
    """Names of existing indexes that it makes redundant (action `replace`)."""
    reason: str = ""
    """One sentence: why."""
    requires: tuple[str, ...] = ()
    """Extensions to be created first."""
    why_not_less: Mapping[str, str] = field(default_factory=dict)
    """Simpler alternatives considered and why they lost, by their key list."""
    printed_keys: tuple[str, ...] = ()
    """The keys' expressions as PostgreSQL itself prints them, one a key; empty where no key is an expression."""

    @property
    def full_name(self) -> str:
        """Return schema and name of the index, unquoted: an index lives in the schema of its table."""
        return f"{self.definition.schema}.{self.name}"


def proposal_id(action: Literal["create", "drop"], definition: IndexDefinition, name: str = "") -> str:
    """Return the id: a hash of the definition (and of the name, for an existing index that goes).

    A new index keeps its id whether or not there is an old one that it replaces.
    """
    text = f"{action} {definition.unique} {definition.qualified_table} {definition.body} {name}"
    return f"{action}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A proposal that would have been made, had nobody decided against it."""

    id: str
    definition: IndexDefinition
    name: str
    """Of the index to build, or to drop."""
    decision: Decision


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a heavy query got no proposal."""

    query: str
    reason: str
    """Kebab-case: `already-served`, `no-better-plan`, `whole-table`, `too-small`, `write-cost`, `slower`, `rejected`,
    `not-parseable`, `no-plan`…"""
    explanation: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One index that was tried for a query."""

    index: str
    """Its table and keys, as SQL."""
    cost: float | None
    """Planner cost of the query with this index alone; `None` where the planner was not asked."""
    estimated: float | None
    """The same by the time model."""
    outcome: str
    """Why it was chosen, or why it lost."""


@dataclass(frozen=True, slots=True)
class Explained:
    """All that is known of how one query is served."""

    query: str
    reason: str
    """What serves it, or why nothing does."""
    cost: tuple[float, float]
    """Planner cost as things are, and with the whole proposal."""
    estimated: tuple[float, float]
    """The same by the time model."""
    before: PlanNode | None
    """The plan of its weightiest statement as things are."""
    after: PlanNode | None
    """The same with all that is proposed built; drops are not applied."""
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True)
class HotUpdates:
    """Updates of one table that write no index at all: today, and after all that is proposed for it."""

    schema: str
    table: str
    updates_per_day: float
    today: float
    """HOT updates per day, as counted."""
    after: float
    """The same once every proposed index is built and every proposed drop is done: an estimate."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The result of the index stage."""

    proposals: tuple[IndexProposal, ...]
    why_not: tuple[WhyNot, ...] = ()
    curve: tuple[tuple[int, float], ...] = ()
    """The benefit/size curve: bytes and time saved per day, by rising size."""
    notes: tuple[str, ...] = ()
    time_saved_ms_per_day: float = 0.0
    """What all proposals to build save the queries together: more than the sum of theirs where one can stand in for
    another."""
    rejected: tuple[Rejected, ...] = ()
    """What was left out because somebody decided so."""
    explained: tuple[Explained, ...] = ()
    """Those queries that `AdviseOptions.explain` names."""
    hot_updates: tuple[HotUpdates, ...] = ()
    """Tables whose HOT updates the proposals change."""
    asked: int = 0
    """Questions to the planner that it took: one for each statement and set of indexes."""
    rates: bool = False
    """Whether the capture spans long enough to say anything per day of it."""
