"""After the deploy: what each proposal of a report did in production, by two captures, with the noise allowed for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.index import mentions, qualified_name
from advisor.catalog.statistics import Statistics
from advisor.indexes.proposal import IndexProposal
from advisor.workload.compare_captures import NOTABLE, Change, Comparison
from advisor.workload.query_noise import SURE

DeployVerdict = Literal["saved as promised", "saved less", "no effect", "slower", "unused", "not seen"]
_KEPT = 0.8
"""Share of what was promised that counts as promised."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One proposal after the deploy."""

    name: str
    """Name of the index that was built or dropped."""
    table: str
    action: str
    revision: str | None
    verdict: DeployVerdict
    why: str
    promised_ms: float = 0.0
    """What the executions captured after the deploy should have saved, by the planner's costs."""
    saved_ms: float = 0.0
    noise_ms: float = 0.0
    """By how much `saved_ms` may be off, nineteen times in twenty."""
    scans: int | None = None
    """Scans of the index since its counters began; `None` where no snapshot tells."""
    revert: str | None = None
    """The statement that undoes it; for a verdict that asks for it."""


def after_deploy(
    comparison: Comparison,
    proposals: Sequence[IndexProposal],
    revisions: Mapping[str, str],
    after: Statistics | None = None,
    notable: float = NOTABLE,
) -> tuple[Deployed, ...]:
    """Return a verdict on each proposal; `revisions` names theirs by proposal id.

    `after` are statistics taken after the deploy: they tell which index was never scanned. A query counts as slower
    where its mean is, by the factor `notable`, and twice the standard errors of both means cannot explain it.
    """
    return tuple(_Judging(comparison, one, revisions.get(one.id), after, notable).verdict() for one in proposals)


@dataclass(frozen=True)
class _Judging:
    comparison: Comparison
    proposal: IndexProposal
    revision: str | None
    after: Statistics | None
    notable: float

    def verdict(self) -> Deployed:
        if self.proposal.action == "drop":
            return self._dropped()
        claimed = list(self._claimed())
        slower = [change for change, _ in claimed if self._slower(change)]
        promised = math.fsum(_promised(change, share) for change, share in claimed)
        saved = math.fsum(change.saved_ms for change, _ in claimed)
        noise = SURE * math.sqrt(math.fsum(_noise(change) ** 2 for change, _ in claimed))
        scans = self._scans()
        if slower:
            return self._told("slower", _list(slower), promised, saved, noise, scans)
        if scans == 0:
            return self._told("unused", "never scanned since it was built", promised, saved, noise, scans)
        if not claimed:
            return self._told("not seen", "none of the queries it was for is in both captures", scans=scans)
        if abs(saved) <= noise:
            return self._told("no effect", "what changed is within the noise", promised, saved, noise, scans)
        if saved + noise >= _KEPT * promised:
            why = f"{len(claimed)} queries it was for got faster"
            return self._told("saved as promised", why, promised, saved, noise, scans)
        share = f"{max(saved, 0) / promised:.0%} of what was promised" if promised > 0 else "nothing was promised"
        return self._told("saved less" if saved > 0 else "no effect", share, promised, saved, noise, scans)

    def _dropped(self) -> Deployed:
        table = self.proposal.definition.table
        slower = [one for one in self.comparison.changes if mentions(one.text, table) and self._slower(one)]
        if slower:
            return self._told("slower", _list(slower))
        return self._told("saved as promised", f"no query on {table} is slower without it")

    def _claimed(self) -> Iterator[tuple[Change, float]]:
        """Yield the queries that it is for, and the share of their time that it was to save."""
        by_id = {change.id: change for change in self.comparison.changes}
        for benefit in self.proposal.queries:
            change = by_id.get(benefit.query) or by_id.get(benefit.query.partition("-")[0])
            if change and change.before and change.after and benefit.cost_before > 0:
                yield change, 1 - benefit.cost_after / benefit.cost_before

    def _slower(self, change: Change) -> bool:
        return change.bounds is not None and not change.few and change.bounds[0] > self.notable

    def _scans(self) -> int | None:
        if self.after is None:
            return None
        known = self.after.index_activity.get((self.proposal.definition.schema, self.proposal.name))
        return known.scans if known else None

    def _told(
        self,
        verdict: DeployVerdict,
        why: str,
        promised: float = 0.0,
        saved: float = 0.0,
        noise: float = 0.0,
        scans: int | None = None,
    ) -> Deployed:
        one = self.proposal
        table = f"{one.definition.schema}.{one.definition.table}"
        undo = self._undo() if verdict in ("slower", "unused") else None
        return Deployed(one.name, table, one.action, self.revision, verdict, why, promised, saved, noise, scans, undo)

    def _undo(self) -> str:
        one = self.proposal
        if one.action == "drop":
            return f"{one.definition.ddl(one.name, concurrently=True)};"
        return f"DROP INDEX CONCURRENTLY IF EXISTS {qualified_name(one.definition.schema, one.name)};"


def _promised(change: Change, share: float) -> float:
    assert change.before is not None and change.after is not None
    return change.after.calls * change.before.mean_ms * share


def _noise(change: Change) -> float:
    assert change.before is not None and change.after is not None
    return change.after.calls * math.hypot(change.before.error_ms, change.after.error_ms)


def _list(changes: Sequence[Change]) -> str:
    told = []
    for change in changes:
        assert change.before is not None and change.after is not None and change.bounds is not None
        low, high = change.bounds
        means = f"{change.before.mean_ms:.2f} → {change.after.mean_ms:.2f} ms"
        told.append(f"{change.id[:12]} {means} ({low:.2f} to {high:.2f} times)")
    return "; ".join(told)
