"""The gate's result as a pull-request comment: verdict first, details folded, updated in place by its marker."""

from __future__ import annotations

import re

from advisor.gate.verdict import CheckResult, Verdict
from advisor.output.checks.text import notes, place, shapes, summary
from advisor.output.layout import laid_out
from advisor.visible import on_one_line

MEANING = re.compile(r"[&<>\\`*\[\]~|]")
"""Characters that mean something in HTML or Markdown, wherever they stand."""

MARKER = "<!-- advisor check -->"


def render(result: CheckResult) -> str:
    """Return a Markdown comment that begins with a hidden marker."""
    parts = [MARKER, f"**{_escape(summary(result))}**"]
    parts += [f"not applied: {_escape(reason)}" for reason in result.unapplied]
    parts += [_verdict(verdict) for verdict in result.verdicts]
    if told := notes(result):
        lines = "\n".join(map(_escape, told[0].split("\n")))
        parts.append(f"<details><summary>notes</summary>\n\n{lines}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _verdict(verdict: Verdict) -> str:
    what = _escape(f"{verdict.level}: {verdict.code} {verdict.name} — {verdict.cause}")
    head = f"<details><summary>{what}</summary>"
    costs = ""
    if verdict.cost_before is not None and verdict.cost_after is not None:
        costs = f"\n\ncost {verdict.cost_before:,.2f} accepted, {verdict.cost_after:,.2f} now"
    if verdict.shape_after and verdict.level == "fail":
        changed = "\n".join(shapes(verdict)).replace("```", "` ` `")
        costs += f"\n\n```diff\n{changed}\n```"
    if verdict.revision:
        costs += f"\n\nby revision {_escape(verdict.revision + place(verdict))}"
    fix = f"\n\nfix: {_escape(verdict.fix)}" if verdict.fix else ""
    return f"{head}\n\n```sql\n{laid_out(verdict.text).replace('```', '` ` `')}\n```{costs}{fix}\n\n</details>"


def _escape(text: str) -> str:
    """Return a text on one line in which neither HTML nor Markdown means anything."""
    return MEANING.sub(lambda found: f"&#{ord(found[0])};", on_one_line(text))
