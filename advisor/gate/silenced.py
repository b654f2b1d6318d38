"""Verdicts that somebody has looked at and does not want to see again, by the suppressions of `[tool.advisor]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from advisor.gate.verdict import Verdict
from advisor.rules.finding import Finding
from advisor.rules.rule import stable_id
from advisor.rules.suppress import Suppression, suppress

FAMILIES = ("PLN", "MIG")
"""Codes of the gate."""


@dataclass(frozen=True, slots=True)
class Silenced:
    """The verdicts that are left, and what to say of the others."""

    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]


def silenced(verdicts: Sequence[Verdict], suppressions: Sequence[Suppression], today: date, where: str) -> Silenced:
    """Return the verdicts, each with its id, without those that a suppression in force on this day means."""
    known = [identified(one) for one in verdicts]
    outcome = suppress([_finding(one) for one in known], suppressions, today)
    kept = {one.id for one in outcome.kept}
    notes = [
        f"silenced: {one.code} {one.id}, {entry.reason}" + (f" (until {entry.expires})" if entry.expires else "")
        for one, entry in outcome.silenced
    ]
    ours = [entry for entry in suppressions if is_ours(entry)]
    notes += [f"suppression ended on {one.expires}: {one.reason} ({where})" for one in outcome.expired if one in ours]
    notes += [f"suppression silences nothing: {one.reason} ({where})" for one in outcome.unused if one in ours]
    return Silenced(tuple(one for one in known if one.id in kept), tuple(dict.fromkeys(notes)))


def is_ours(entry: Suppression) -> bool:
    """Return whether a suppression can only mean what the gate says."""
    return (entry.code or "").upper().startswith(FAMILIES)


def identified(verdict: Verdict) -> Verdict:
    """Return the verdict with its id: by code, query or statement, and what it is about; figures do not count."""
    about = verdict.query or " ".join(verdict.text.split())
    place = "" if verdict.query else verdict.revision or (verdict.file or "").rsplit("/", 1)[-1]
    return replace(verdict, id=stable_id(verdict.code, about, place, verdict.table or "", verdict.index or ""))


def _finding(verdict: Verdict) -> Finding:
    """Return what a suppression looks at."""
    return Finding(verdict.id, verdict.code, verdict.name, verdict.cause, "high", table=verdict.table)
