"""What a revision says about itself: a title that names the file, and the evidence a reviewer needs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

from advisor.indexes.proposal import IndexProposal
from advisor.revisions.change import Change
from advisor.revisions.model_line import incomparable

BASIS = {
    "logged": "values seen in a log",
    "sampled": "values taken from the planner's statistics",
    "generic": "no values known: a generic plan",
}
TEXT_WIDTH = 100
"""Characters of a query's text that are shown."""


def title(change: Change) -> str:
    """Return the one-line message; Alembic names the file after it."""
    if change.definition is None:
        return f"Create extension {change.name}"
    table = change.definition.table
    if change.kind == "drop":
        return f"Drop index {change.name} of {table}"
    keys = ", ".join(key.sql for key in change.definition.keys)
    return f"Index {table} ({keys})"


def evidence(change: Change, queries: Mapping[str, str], snippet: str) -> str:
    """Return the paragraphs below the title: why, the figures, the queries served, and the line for the model."""
    proposal = change.proposal
    paragraphs = [_why(change)]
    if change.kind != "extension":
        paragraphs += [_figures(change), _served(proposal, queries)]
    if snippet:
        paragraphs.append("For the model's __table_args__:\n\n" + textwrap.indent(snippet, "    "))
        if reason := incomparable(change.definition) if change.definition else None:
            paragraphs.append(f"`alembic check` reports it all the same ({reason}): name it in include_object.")
    paragraphs.append(textwrap.fill(change.remark, TEXT_WIDTH))
    paragraphs.append(f"Proposal {proposal.id} of pgadvisor.")
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def docstring(text: str) -> str:
    r"""Return `text` as it can stand between triple quotes: no early end, no escape sequence, no control character."""
    visible = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text)
    body, end = (visible[:-1], r"\"") if visible.endswith('"') else (visible, "")
    return body.replace("\\", "\\\\").replace('"""', r"\"\"\"") + end


def _why(change: Change) -> str:
    if change.definition is None:
        return f"Index {change.proposal.name} needs it."
    if change.follows:
        return f"Index {change.follows}, built by the revision before, serves every query that used it."
    return textwrap.fill(change.proposal.reason, TEXT_WIDTH)


def _figures(change: Change) -> str:
    proposal = change.proposal
    benefit, write = proposal.benefit, proposal.write_cost
    rows = []
    if change.kind == "create":
        fall = f"{_number(benefit.cost_before)} before, {_number(benefit.cost_after)} after (-{benefit.percent:.1f} %)"
        rows = [
            ("planner cost", f"{fall}, weighted by calls per day"),
            ("time saved", f"{_number(benefit.time_saved_ms_per_day)} ms per day, estimated"),
            ("size", f"{_number(proposal.size.bytes / 1024)} kB, estimated"),
            ("write cost", f"{_number(write.ms_per_day)} ms per day for {_number(write.writes_per_day)} writes"),
        ]
    rows += [("basis", f"{proposal.basis}: {BASIS[proposal.basis]}"), ("confidence", proposal.confidence)]
    return "\n".join(f"{label + ':':<14}{value}" for label, value in rows)


def _served(proposal: IndexProposal, queries: Mapping[str, str]) -> str:
    lines = []
    for benefit in sorted(proposal.queries, key=lambda query: (-query.time_saved_ms_per_day, query.query)):
        lines.append(f"- {benefit.query}: cost {_number(benefit.cost_before)} -> {_number(benefit.cost_after)}")
        if text := queries.get(benefit.query):
            lines.append(f"  {textwrap.shorten(text, TEXT_WIDTH, placeholder=' ...')}")
    return "\n".join(["Queries:", *lines]) if lines else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
