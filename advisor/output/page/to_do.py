"""What to do, the most rewarding first: proposals and findings that say what they would save, as one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from advisor.output.number_units import count, milliseconds, size
from advisor.output.page.escaped import anchor
from advisor.output.page.query_times import days
from advisor.revisions.contract import FindingItem, ProposalItem, ReportFile

BASIS = {
    "logged": "planned with values seen in the log",
    "sampled": "planned with values from the planner statistics",
    "generic": "a generic plan, no values known",
}
"""What a proposal's figures rest on, in words."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do."""

    kind: Literal["index", "drop", "loop", "query"]
    what: str
    where: str
    """Table it is about."""
    saved_ms: float
    """Of the captured time."""
    brings: str
    share: float
    """Of the captured database time, 0 to 100: the length of its bar."""
    costs: str
    sure: str
    """The level of confidence, or how its proof ended."""
    why_sure: str
    target: str
    """Fragment of its details."""


def to_do(report: ReportFile) -> tuple[Action, ...]:
    """Return everything to do, by the time it saves."""
    found = [_proposed(one, report) for one in report.proposals]
    found += [_found(one, report) for one in report.findings if saves(one) > 0]
    return tuple(sorted(found, key=lambda action: (-action.saved_ms, action.target)))


def proven(report: ReportFile, proposal: str) -> bool | None:
    """Return whether the revisions of a proposal passed their proof, `None` where none was proven."""
    proofs = [one.passed for one in report.proof.revisions if one.proposal == proposal]
    return all(proofs) if proofs else None


def spent(ms_per_day: float, report: ReportFile) -> str:
    """Return time for writes: per day, or during the capture where that is too short to tell a rate."""
    if report.coverage.rates:
        return f"{milliseconds(ms_per_day)} a day"
    return milliseconds(ms_per_day * days(report))


def saves(finding: FindingItem) -> float:
    """Return the milliseconds of the captured time that a finding says it would save; 0 where it says nothing."""
    saved = finding.evidence.get("saved_ms")
    return float(saved) if isinstance(saved, int | float) and 0 < saved < 1e15 else 0.0


def _brings(saved: float, report: ReportFile) -> tuple[str, float]:
    total = report.coverage.total_ms
    share = 100 * saved / total if total else 0.0
    return (f"{share:.1f} % · {milliseconds(saved)}" if total else milliseconds(saved)), min(share, 100.0)


def _proposed(proposal: ProposalItem, report: ReportFile) -> Action:
    drop = proposal.action == "drop"
    passed = proven(report, proposal.id)
    saved = 0.0 if drop else proposal.benefit.time_saved_ms_per_day * days(report)
    brings, share = _brings(saved, report)
    wait = f"{spent(proposal.write_cost.ms_per_day, report)} of writes"
    words = "" if drop else BASIS[proposal.basis]
    sure = proposal.confidence if passed is None else "proven" if passed else "failed"
    if passed is not None:
        words = "; ".join([f"confidence {proposal.confidence}", *([words] if words else []), "its revision was run"])
    return Action(
        kind="drop" if drop else "index",
        what=f"Drop index {proposal.name}" if drop else f"Index {proposal.table} ({key_list(proposal)})",
        where=proposal.table,
        saved_ms=saved,
        brings=f"spares {wait}" if drop else brings,
        share=share,
        costs=f"frees {size(proposal.size_bytes)}" if drop else f"{size(proposal.size_bytes)}, {wait}",
        sure=sure,
        why_sure=words,
        target=anchor("p", proposal.id),
    )


def _found(finding: FindingItem, report: ReportFile) -> Action:
    saved = saves(finding)
    brings, share = _brings(saved, report)
    executions = finding.evidence.get("executions")
    ran = f"{count(executions)} executions" if isinstance(executions, int | float) else ""
    return Action(
        kind="loop" if finding.code.startswith(("NPO", "BAT")) else "query",
        what=finding.title,
        where=finding.table or "",
        saved_ms=saved,
        brings=brings,
        share=share,
        costs="a change of code",
        sure=finding.confidence,
        why_sure=ran,
        target=anchor("f", finding.id),
    )


def key_list(proposal: ProposalItem) -> str:
    """Return the keys of a proposal as they are said in one line: with direction, payload and predicate."""
    keys = ", ".join(proposal.columns or tuple(key.sql for key in proposal.keys))
    payload = f" + {', '.join(proposal.include)}" if proposal.include else ""
    return f"{keys}{payload}" + (f" where {proposal.where}" if proposal.where else "")
