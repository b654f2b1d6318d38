"""Decisions on proposals, from the configuration file and the baseline, and what they make of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.config import decided_proposals
from advisor.indexes.decision import Decision, read_decisions
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.output.report import Report


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions that hold today, those that have ended, and the file each stands in."""

    held: tuple[Decision, ...]
    ended: tuple[Decision, ...]
    source: Mapping[Decision, str]

    @property
    def rejections(self) -> tuple[Decision, ...]:
        """Return those against proposals."""
        return tuple(one for one in self.held if one.decision == "rejected")


def read_decided(baseline: Path | None) -> Decisions:
    """Return what configuration file and baseline decide. Raises `UsageError` for an entry that is wrong."""
    from advisor.rules.findings_baseline import read_accepted

    source: dict[Decision, str] = {}
    where = (click.get_current_context().find_root().obj or ("",))[0]
    if where:
        source |= dict.fromkeys(read_decisions(decided_proposals(Path(where)), where), where)
    if baseline and baseline.exists():
        entries = read_accepted(baseline).proposals
        source |= dict.fromkeys(read_decisions(entries, str(baseline)), str(baseline))
    today = datetime.now(UTC).date()
    ended = tuple(one for one in source if one.expires and one.expires < today)
    return Decisions(tuple(one for one in source if one not in ended), ended, source)


def decided(report: Report, decisions: Decisions, progress: Progress) -> Report:
    """Return the report with what was accepted and a note of what was rejected; say which decisions need a look."""
    used = {one.decision for one in report.advice.rejected}
    accepted = {}
    for proposal in report.advice.proposals:
        dropping = proposal.action == "drop"
        meant = [one for one in decisions.held if one.means(proposal.id, proposal.definition, drop=dropping)]
        used.update(meant)
        if meant:
            accepted[proposal.id] = meant[0]
    for entry in (one for one in decisions.held if one not in used):
        what = f"decision on {entry.id or entry.table} means no proposal: {entry.reason}"
        progress.warn(f"{what} (remove it from {decisions.source[entry]})")
    for entry in decisions.ended:
        what = f"decision on {entry.id or entry.table} ended on {entry.expires}: {entry.reason}"
        progress.warn(f"{what} (look again, or renew it in {decisions.source[entry]})")
    notes = tuple(
        f"rejected: {one.name} on {one.definition.table} ({one.id}), {one.decision.told}"
        for one in report.advice.rejected
    )
    return replace(report, accepted=accepted, notes=(*report.notes, *notes))
