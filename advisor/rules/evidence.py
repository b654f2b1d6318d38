"""What findings show for themselves: the base of every rule's evidence, and what several of them share.

A rule declares its evidence as a structure of its own (`class UnusedIndexEvidence(Evidence, …)`) and names it in its
`evidence` attribute. The JSON report, its schema, the rule's page and the text output follow from it. Names
end in their unit (`_ms`, `_s`, `_bytes`); shares are between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that one finding rests on; what is `UNSET` does not apply to it and is not reported."""

    def facts(self) -> dict[str, Any]:
        """Return them as JSON holds them, by name, in the order of the declaration."""
        return dict(msgspec.to_builtins(self))


class Facts(msgspec.Struct, frozen=True):
    """Evidence of a rule that declares none: one of another package, or one read from an older report."""

    held: Mapping[str, Any] = {}

    def facts(self) -> dict[str, Any]:
        """Return what it holds."""
        return dict(self.held)


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How a number varies: median, 95th percentile, maximum."""

    median: float
    p95: float
    max: float


class PlannedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of a statement that is offered, on the twin, as the role that sent the original."""

    cost: float
    cost_now: float | None
    """The original's cost, of all rounds of a loop; `None` where the server refused it."""
    indexes: list[str]
    """Indexes that the offered statement reads."""
    whole_tables: list[str]
    """Tables of some size that it reads from end to end."""


class OfferEvidence(Evidence, frozen=True, kw_only=True):
    """Evidence of a finding that may offer statements; each was run beside the original on rows before it is shown."""

    rewritten: str | None = None
    """What to send instead."""
    choice: str | UnsetType | None = UNSET
    """Another statement to choose from, which differs as the fix says."""
    joined: str | UnsetType | None = UNSET
    """The loop's parent with the child joined to it."""
    index: str | UnsetType | None = UNSET
    """The index that the offered statement wants."""
    planned: PlannedOffer | UnsetType = UNSET
    """Plan of the first statement offered."""
    withheld: dict[str, str] | UnsetType = UNSET
    """Why a statement is not shown, by its name here."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reader finds one example in the log again."""

    session: str
    """Process id or session id, as the log writes it; empty where it writes none."""
    begin: str
    end: str
    """When the example's first execution began and its last ended, ISO 8601, UTC."""
