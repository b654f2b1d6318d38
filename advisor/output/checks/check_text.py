"""The gate's result for a person: verdicts worst first, then one line that sums up."""

from __future__ import annotations

from difflib import ndiff

from advisor.gate.verdict import CheckResult, Verdict
from advisor.output.terminal.screen import cut
from advisor.output.unanalysed import summary as unanalysed
from advisor.visible import on_one_line

_SITES = 3
"""Call sites that are shown."""

WORDS = {"fail": "error", "warn": "warning", "info": "info"}
"""The levels of verdicts in the words that every command has for levels."""


def render(result: CheckResult) -> str:
    """Return the verdicts as blocks of text and a closing line."""
    blocks = [_verdict(verdict) for verdict in result.verdicts]
    blocks += [f"NOT APPLIED {on_one_line(reason)}" for reason in result.unapplied]
    return "\n\n".join([*blocks, *notes(result), summary(result)]) + "\n"


def notes(result: CheckResult) -> list[str]:
    """Return the notes and what was not analysed as one block of lines; nothing when there are none."""
    lines = [*result.notes, *unanalysed(result.unanalysed)]
    return ["\n".join(f"note: {on_one_line(line)}" for line in dict.fromkeys(lines))] if lines else []


def summary(result: CheckResult) -> str:
    """Return one line: how many plans were compared and how many failed."""
    levels = [verdict.level for verdict in result.verdicts]
    parts = [f"{result.checked} queries checked", f"{levels.count('fail')} failed", f"{levels.count('warn')} warned"]
    if result.new:
        first = ", ".join(on_one_line(query[:12]) for query in result.new[:5])
        parts.append(f"{len(result.new)} new without a baseline ({first})")
    if result.unanalysed:
        parts.append(f"{len(result.unanalysed)} not analysed")
    if result.unapplied:
        parts.append(f"{len(result.unapplied)} pending revisions not applied")
    return f"{_outcome(result)}: {', '.join(parts)}"


def _outcome(result: CheckResult) -> str:
    """Return how it ended, as the exit status has it; what was asked for with `--fail-level`, where that decides."""
    if result.failed:
        return "FAILED" if result.fail_level == "fail" else f"FAILED (--fail-level {result.fail_level})"
    if result.incomplete:
        return "INCOMPLETE"
    worse = result.unapplied or any(verdict.level == "fail" for verdict in result.verdicts)
    return "not failed (--fail-level never)" if worse else "passed"


def _verdict(verdict: Verdict) -> str:
    about = f"query {verdict.query[:12]}" if verdict.query else "migration"
    which = f"{WORDS[verdict.level]} {verdict.code} {verdict.name} {about}"
    lines = [on_one_line(f"{which}: {verdict.cause}")]
    lines.append(f"  {'query' if verdict.query else 'runs '}  {cut(verdict.text, 110)}")
    if verdict.cost_before is not None and verdict.cost_after is not None:
        lines.append(f"  cost   {verdict.cost_before:,.2f} accepted, {verdict.cost_after:,.2f} now")
    lines += [f"  {line}" for line in shapes(verdict)] if verdict.level == "fail" else []
    if verdict.revision:
        lines.append(f"  by     revision {on_one_line(verdict.revision)}{place(verdict)}")
    elif verdict.file:
        lines.append(f"  by     {place(verdict).removeprefix(', ')}")
    if verdict.sites:
        lines.append(f"  sent   {on_one_line(sent_from(verdict))}")
    if verdict.fix:
        lines.append(f"  fix    {on_one_line(verdict.fix)}")
    return "\n".join(lines)


def place(verdict: Verdict) -> str:
    """Return where the revision of a verdict stands, as the end of a line; nothing where that is not known."""
    return f", {on_one_line(verdict.file)}:{verdict.line}" if verdict.file else ""


def sent_from(verdict: Verdict) -> str:
    """Return the places that a verdict's query is sent from; of many the first."""
    more = len(verdict.sites) - _SITES
    return ", ".join(verdict.sites[:_SITES]) + (f" and {more} more places" if more > 0 else "")


def shapes(verdict: Verdict) -> list[str]:
    """Return the two plans' shapes as one list of lines: `-` was accepted, `+` is new, the rest is the same."""
    lines = ndiff(list(verdict.shape_before), list(verdict.shape_after))
    return [on_one_line(line) for line in lines if not line.startswith("?")]
