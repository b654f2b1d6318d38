"""The JSON report as types (the contract of `docs/json.md`): what later commands read, and where its schema comes from.

Keys that `migrate` and `verify` do not need have a default, so that a report cut down to its proposals is one as well.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from advisor.catalog.extended_statistics import StatisticsKind
from advisor.catalog.index import IndexKey, IndexSize
from advisor.indexes.proposal import Benefit, Confidence, QueryBenefit, WriteCost
from advisor.revisions.contract_of_advice import (
    CurvePoint,
    DecisionItem,
    ExplainedItem,
    HotUpdatesItem,
    RejectedItem,
    Unserved,
)
from advisor.rules.finding import Level
from advisor.twin.statement import Basis

VERSION = "1.1"
"""Version of the JSON contract of `docs/json.md`."""


class Skipped(msgspec.Struct):
    """Records of an input that were not understood, for one reason."""

    count: int
    examples: tuple[str, ...]


class InputItem(msgspec.Struct):
    """One of `inputs[]`."""

    name: str
    kind: str
    bytes: int
    lines: int
    records: int
    executions: float
    understood: float
    skipped: dict[str, Skipped]
    settings: dict[str, str]
    hides: tuple[str, ...]
    filtered: dict[str, Skipped] = {}


class CoverageItem(msgspec.Struct):
    """The object `coverage`."""

    queries: int = 0
    calls: float = 0.0
    total_ms: float = 0.0
    begin: float | None = None
    end: float | None = None
    days: float | None = None
    """How much time was captured, in days; `None` when unknown."""
    not_analysed: dict[str, str] = {}
    without_proposal: tuple[Unserved, ...] = ()
    time_saved_ms_per_day: float = 0.0
    """What all proposals to build save together."""
    rates: bool = False
    """Whether the capture spans long enough (`--least-window`) for anything that is said per day."""
    hot_updates: tuple[HotUpdatesItem, ...] = ()
    rejected: tuple[RejectedItem, ...] = ()
    planner_calls: int = 0
    """Questions to the planner that the choice took."""
    curve: tuple[CurvePoint, ...] = ()
    server: str = ""
    notes: tuple[str, ...] = ()


class PlannedRole(msgspec.Struct):
    """One of `queries[].planned_as[]`: a role that a query was planned as."""

    role: str | None
    share: float
    known: bool


class QueryItem(msgspec.Struct):
    """One of `queries[]`."""

    id: str
    text: str
    calls: float = 0.0
    total_ms: float = 0.0
    mean_ms: float = 0.0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    rows: float | None = None
    database: str | None = None
    applications: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    tags: dict[str, tuple[str, ...]] = {}
    unparsed: str | None = None
    planned_as: tuple[PlannedRole, ...] = ()
    advice: str | None = None
    """What serves it, or why nothing does; `null` for a light one that nothing was made for."""


class RevisionItem(msgspec.Struct):
    """The object `revision` of a proposal or a statistics object."""

    revision: str
    down_revision: str | None
    path: str
    model: str
    sql: str


class StatisticsItem(msgspec.Struct):
    """The object `findings[].statistics`."""

    schema: str
    name: str
    table_schema: str
    table: str
    columns: tuple[str, ...]
    kinds: tuple[StatisticsKind, ...]
    ddl: str = ""
    revision: RevisionItem | None = None


class FindingItem(msgspec.Struct):
    """One of `findings[]`."""

    id: str
    code: str
    name: str
    title: str
    level: Level
    confidence: Confidence
    table: str | None
    query: str | None
    evidence: dict[str, Any]
    fix: str
    cost: str
    proposal: str | None = None
    silence: str = ""
    statistics: StatisticsItem | None = None


class ProposalItem(msgspec.Struct):
    """One of `proposals[]`."""

    id: str
    action: Literal["create", "drop", "replace"]
    schema: str
    table: str
    name: str
    method: str
    keys: tuple[IndexKey, ...]
    include: tuple[str, ...]
    where: str | None
    unique: bool
    storage: tuple[tuple[str, str], ...]
    size: IndexSize
    benefit: Benefit
    write_cost: WriteCost
    queries: tuple[QueryBenefit, ...]
    basis: Basis
    confidence: Confidence
    ddl: str = ""
    columns: tuple[str, ...] = ()
    size_bytes: int = 0
    reason: str = ""
    replaces: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    printed_keys: tuple[str, ...] = ()
    """The keys' expressions as PostgreSQL prints them; empty where no key is an expression."""
    accepted: DecisionItem | None = None
    revision: RevisionItem | None = None


class StepItem(msgspec.Struct):
    """One of `proof.revisions[].steps[]`."""

    name: str
    passed: bool
    detail: str


class RevisionProofItem(msgspec.Struct):
    """One of `proof.revisions[]`."""

    revision: str
    proposal: str
    index: str
    passed: bool
    steps: tuple[StepItem, ...]


class Percentiles(msgspec.Struct):
    """Run times in milliseconds."""

    p50: float
    p95: float
    p99: float


class TimingItem(msgspec.Struct):
    """One of `proof.timings[]`."""

    query: str
    executions: int
    before_ms: Percentiles
    after_ms: Percentiles
    total_before_ms: float
    total_after_ms: float


class ProofItem(msgspec.Struct):
    """The object `proof`; empty when nothing was verified."""

    server: str = ""
    basis: Literal["twin", "data"] = "twin"
    passed: bool = True
    revisions: tuple[RevisionProofItem, ...] = ()
    timings: tuple[TimingItem, ...] = ()
    notes: tuple[str, ...] = ()


class PlanNodeItem(msgspec.Struct):
    """One node of a plan in `plans[]`; costs are in planner units."""

    node: str
    cost: float
    rows: float
    relation: str | None = None
    alias: str | None = None
    index: str | None = None
    conditions: dict[str, str] = {}
    """What EXPLAIN says of it, under EXPLAIN's names; `…` stands for every constant."""
    children: tuple[PlanNodeItem, ...] = ()


class PlansItem(msgspec.Struct):
    """One of `plans[]`: a query's plan as the schema is, and with every proposal carried out."""

    query: str
    before: PlanNodeItem
    after: PlanNodeItem


class ReportFile(msgspec.Struct):
    """The whole document."""

    schema_version: str
    proposals: tuple[ProposalItem, ...]
    inputs: tuple[InputItem, ...] = ()
    coverage: CoverageItem = msgspec.field(default_factory=CoverageItem)
    queries: tuple[QueryItem, ...] = ()
    findings: tuple[FindingItem, ...] = ()
    explained: tuple[ExplainedItem, ...] = ()
    proof: ProofItem = msgspec.field(default_factory=ProofItem)
    plans: tuple[PlansItem, ...] = ()
    failed: bool = False
    fail_level: Literal["error", "warning", "info", "never"] = "never"
