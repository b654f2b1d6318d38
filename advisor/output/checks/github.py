"""The gate's result as GitHub workflow commands: annotations, worst first, within GitHub's limit of ten a level."""

from __future__ import annotations

from advisor.gate.verdict import CheckResult, Verdict
from advisor.output.checks.text import notes, summary
from advisor.output.units import one_line
from advisor.visible import visible

_COMMANDS = {"fail": "error", "warn": "warning", "info": "notice"}
_LIMIT = 10


def render(result: CheckResult) -> str:
    """Return one command per line, at most ten of each level, and the summary as plain text."""
    lines = [f"::error title=revision not applied::{_escape(reason)}" for reason in result.unapplied[:_LIMIT]]
    for level, command in _COMMANDS.items():
        verdicts = [verdict for verdict in result.verdicts if verdict.level == level]
        lines += [_command(command, verdict) for verdict in verdicts[:_LIMIT]]
    return "\n".join([*lines, *notes(result), summary(result)]) + "\n"


def _command(command: str, verdict: Verdict) -> str:
    title = _escape(f"{verdict.code} {verdict.name}").replace(":", "%3A").replace(",", "%2C")
    body = f"{verdict.cause}\n{one_line(verdict.text, 200)}\n{verdict.fix}"
    where = ""
    if verdict.file:
        name = _escape(verdict.file).replace(":", "%3A").replace(",", "%2C")
        where = f"file={name},line={verdict.line or 1},"
    return f"::{command} {where}title={title}::{_escape(body)}"


def _escape(text: str) -> str:
    """Return a text within a command: its lines are escaped, what a terminal or the runner obeys is shown."""
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))
