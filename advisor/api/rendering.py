"""Results as text, JSON and the other formats."""

from __future__ import annotations

from advisor.errors import UsageError
from advisor.gate.verdict import CheckResult
from advisor.output.compared.comparison import comparison_json, comparison_text
from advisor.output.render import render as render_report
from advisor.output.report import Report
from advisor.output.verdicts import render_check, verdict_formats
from advisor.workload import compare_captures as captures
from advisor.workload.compare_captures import NOTABLE, Comparison
from advisor.workload.model import Workload


def compare(before: Workload, after: Workload, notable: float = NOTABLE) -> Comparison:
    """Return what changed from one capture to the other; a mean that changed by less than this factor is the same."""
    return captures.compare(before, after, notable)


def render(result: Report | CheckResult | Comparison, form: str = "text") -> str:
    """Return a result as the command line prints it; raises `UsageError` for a format that it does not have."""
    if isinstance(result, Report):
        return render_report(result, form)
    known = verdict_formats() if isinstance(result, CheckResult) else ("json", "text")
    if form not in known:
        raise UsageError(f"unknown format {form!r}", do=f"use one of: {', '.join(known)}")
    if isinstance(result, CheckResult):
        return render_check(result, form)
    return comparison_json(result).decode() if form == "json" else comparison_text(result)
