"""Findings that configuration and baseline suppress: left out of a report, and what is said of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from advisor.output.report import Report
from advisor.progress import Progress


def silenced(report: Report, baseline: Path | None, update: bool, redact: bool, progress: Progress) -> Report:
    """Leave out what configuration and baseline suppress, and say which suppressions are unused or have ended."""
    from advisor.gate.silenced import is_ours
    from advisor.rules.findings_baseline import NOTHING, read_accepted, write_accepted
    from advisor.rules.suppress import Suppression, read_suppressions, suppress

    where, entries, _ = click.get_current_context().find_root().obj or ("", (), {})
    today = datetime.now(UTC).date()
    accepted = read_accepted(baseline) if baseline and (baseline.exists() or not update) else NOTHING
    source: dict[Suppression, str] = dict.fromkeys(read_suppressions(entries, where), where)
    if baseline and update:
        proposed = report.advice.proposals
        write_accepted(baseline, report.findings, proposed, accepted, today, redact=redact)
        progress.note(f"accepted {len(report.findings)} findings and {len(proposed)} proposals: {baseline}")
        accepted = read_accepted(baseline)
    source |= dict.fromkeys(read_suppressions(accepted.suppress, str(baseline)), str(baseline))
    outcome = suppress(report.findings, tuple(source), today)
    for entry in (one for one in outcome.unused if not is_ours(one)):
        progress.warn(f"suppression silences nothing: {entry.reason} (remove it from {source[entry]})")
    for entry in outcome.expired:
        progress.warn(
            f"suppression ended on {entry.expires}: {entry.reason} (look again, or renew it in {source[entry]})"
        )
    if not outcome.silenced:
        return report
    places = ", ".join(dict.fromkeys(source[entry] for _, entry in outcome.silenced))
    note = f"silenced: {len(outcome.silenced)} of {len(report.findings)} findings, by {places}"
    return replace(report, findings=outcome.kept, notes=(*report.notes, note))
