"""What the JSON report says of the choice beside its proposals, as types: reasons, decisions, what was tried."""

from __future__ import annotations

import msgspec


class Unserved(msgspec.Struct):
    """One of `coverage.without_proposal[]`."""

    query: str
    reason: str
    explanation: str


class CurvePoint(msgspec.Struct):
    """One of `coverage.curve[]`."""

    bytes: int
    time_saved_ms_per_day: float


class DecisionItem(msgspec.Struct):
    """The object `proposals[].accepted`: why, and until when (the last day, `null` for ever)."""

    reason: str
    expires: str | None


class RejectedItem(msgspec.Struct):
    """One of `coverage.rejected[]`: a proposal that was left out because somebody decided so."""

    id: str
    schema: str
    table: str
    name: str
    reason: str
    expires: str | None


class HotUpdatesItem(msgspec.Struct):
    """One of `coverage.hot_updates[]`: a table whose HOT updates the proposals change, counts per day."""

    schema: str
    table: str
    updates_per_day: float
    today: float
    after: float


class TriedItem(msgspec.Struct):
    """One of `explained[].tried[]`: an index that was tried by itself."""

    index: str
    cost: float | None
    estimated: float | None
    outcome: str


class ExplainedItem(msgspec.Struct):
    """One of `explained[]`: a query that `--explain` names; plans as lines of EXPLAIN."""

    query: str
    reason: str
    cost_before: float
    cost_after: float
    estimated_before: float
    estimated_after: float
    plan_before: tuple[str, ...]
    plan_after: tuple[str, ...]
    tried: tuple[TriedItem, ...]
