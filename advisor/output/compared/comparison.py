"""Two captures side by side: as text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import orjson
from tabulate import tabulate

from advisor.output.compared.deployed import deployed_objects
from advisor.output.number_units import count, milliseconds
from advisor.output.report import SCHEMA_VERSION
from advisor.output.terminal.screen import cut
from advisor.verify.after_deploy import Deployed
from advisor.visible import visible
from advisor.workload.compare_captures import Change, Comparison, Side

SHOWN = 25
"""Queries shown in the text."""


def comparison_text(comparison: Comparison) -> str:
    """Return the table of changes, what the change saved in all, and what cannot be compared."""
    both = [change for change in comparison.changes if change.before and change.after]
    rows = [_row(change) for change in both[:SHOWN]]
    alignment = ("left", *["right"] * 8, "left")
    headings = (
        "verdict",
        "calls before",
        "after",
        "mean before",
        "after",
        "p95 before",
        "after",
        "× per call",
        "saved",
        "query",
    )
    table = tabulate(rows, headings, tablefmt="simple", disable_numparse=True, colalign=alignment if rows else None)
    parts = [table, _summary(comparison)]
    parts += [line for verdict in ("new", "gone") if (line := _others(comparison, verdict))]
    if any(change.few for change in both[:SHOWN]):
        parts.append("(?) fewer than ten calls on one side: its mean says little")
    return visible("\n\n".join(parts) + "\n")


def comparison_json(comparison: Comparison, deployed: Sequence[Deployed] = ()) -> bytes:
    """Return every change, with the sums and the verdicts on what was deployed, as JSON."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "days_before": comparison.days_before,
        "days_after": comparison.days_after,
        "expected_ms": comparison.expected_ms,
        "took_ms": comparison.took_ms,
        "queries": [_object(change) for change in comparison.changes],
        "deployed": deployed_objects(deployed),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _row(change: Change) -> tuple[str, ...]:
    before, after = change.before, change.after
    assert before is not None and after is not None
    return (
        change.verdict + (" (?)" if change.few else ""),
        count(before.calls),
        count(after.calls),
        milliseconds(before.mean_ms),
        milliseconds(after.mean_ms),
        milliseconds(before.p95_ms),
        milliseconds(after.p95_ms),
        "–" if change.ratio is None else f"{change.ratio:.2f}",
        milliseconds(change.saved_ms),
        cut(change.text, 70) + _loops(before, after),
    )


def _loops(before: Side, after: Side) -> str:
    if not (before.looped or after.looped):
        return ""
    return f"  [in loops: {count(before.looped)} → {count(after.looped)}]"


def _summary(comparison: Comparison) -> str:
    expected, took = comparison.expected_ms, comparison.took_ms
    if expected <= 0:
        return "no query is in both captures: nothing can be compared"
    change = (took - expected) / expected
    word = "less" if change < 0 else "more"
    return (
        f"the executions after the change took {milliseconds(took)}; at the means before it they would have taken "
        f"{milliseconds(expected)}: {abs(change):.0%} {word}"
    )


def _others(comparison: Comparison, verdict: str) -> str:
    """Return one line about queries that only one capture holds."""
    found = [change for change in comparison.changes if change.verdict == verdict]
    if not found:
        return ""
    total = sum(side.total_ms for change in found for side in (change.before, change.after) if side)
    heaviest = max(found, key=lambda change: max(side.total_ms for side in (change.before, change.after) if side))
    where = "after" if verdict == "new" else "before"
    return f"{len(found)} queries only {where} ({milliseconds(total)}), heaviest: {cut(heaviest.text, 80)}"


def _object(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "database": change.database,
        "text": change.text,
        "verdict": change.verdict,
        "few_calls": change.few,
        "ratio": change.ratio,
        "ratio_bounds": [_finite(one) for one in change.bounds] if change.bounds else None,
        "saved_ms": change.saved_ms,
        "before": _side(change.before),
        "after": _side(change.after),
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _side(side: Side | None) -> dict[str, float | None] | None:
    if side is None:
        return None
    return {
        "calls": side.calls,
        "mean_ms": side.mean_ms,
        "p95_ms": side.p95_ms,
        "total_ms": side.total_ms,
        "executions_in_loops": side.looped,
    }
