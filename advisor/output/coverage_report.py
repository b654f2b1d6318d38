"""What a capture read, understood and left out: as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum

import orjson
from tabulate import tabulate

from advisor.capture.coverage import InputCoverage
from advisor.output.formats.json import input_document
from advisor.output.number_units import count, milliseconds, size
from advisor.output.report import SCHEMA_VERSION
from advisor.output.terminal.screen import cut
from advisor.output.time_shares import failures, time_shares
from advisor.visible import on_one_line, visible
from advisor.workload.model import Workload

HEAVIEST = 10
"""Queries shown in the text."""
COLUMNS = ("input", "what it is", "size", "lines", "records", "executions", "understood")


def coverage_text(workload: Workload) -> str:
    """Return the coverage report: the inputs, what was left out and why, what is hidden, the heaviest queries."""
    rows = [_row(coverage) for coverage in workload.inputs]
    alignment = ("left", "left", *["right"] * 5)
    parts = [tabulate(rows, COLUMNS, tablefmt="simple", colalign=alignment if rows else None, disable_numparse=True)]
    parts += [block for coverage in workload.inputs if (block := "\n".join(_details(coverage)))]
    parts += ["\n".join(f"note: {on_one_line(note)}" for note in workload.notes)] if workload.notes else []
    parts += [_summary(workload), _heaviest(workload), *time_shares(workload), *failures(workload)]
    return visible("\n\n".join(parts) + "\n")


def left_out(coverage: InputCoverage) -> str:
    """Return one line that says how much of an input was left out, and why."""
    lost = sum(skip.count for skip in coverage.skipped.values())
    reasons = "; ".join(f"{count(skip.count)} × {reason}" for reason, skip in sorted(coverage.skipped.items()))
    read = count(lost + coverage.records)
    return on_one_line(f"{coverage.name}: {count(lost)} of {read} records left out ({reasons})")


def coverage_json(workload: Workload) -> bytes:
    """Return the same as JSON, with every query in short."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "inputs": [input_document(coverage) for coverage in workload.inputs],
        "coverage": {
            "queries": len(workload.queries),
            "calls": fsum(query.calls for query in workload.queries),
            "total_ms": fsum(query.total_ms for query in workload.queries),
            "unparsed": sum(query.unparsed is not None for query in workload.queries),
            "loops": len(workload.loops),
            "begin": workload.begin,
            "end": workload.end,
            "days": workload.days,
            "notes": list(workload.notes),
        },
        "queries": [
            {"id": q.id, "text": q.text, "database": q.database, "calls": q.calls, "total_ms": q.total_ms,
             "mean_ms": q.mean_ms, "p95_ms": q.p95_ms, "measured": q.measured, "failed": q.failed,
             "cancelled": q.cancelled, "errors": dict(q.errors)}
            for q in workload.queries
        ],
        "shares": [
            {"tag": share.tag, "value": share.value, "calls": share.calls, "total_ms": share.total_ms}
            for share in workload.shares
        ],
    }  # fmt: skip
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _row(coverage: InputCoverage) -> tuple[str, ...]:
    return (
        cut(coverage.name, 48),
        cut(coverage.kind, 60),
        size(coverage.size),
        count(coverage.lines),
        count(coverage.records),
        count(coverage.executions),
        f"{coverage.understood:.1%}",
    )


def _details(coverage: InputCoverage) -> Iterable[str]:
    """Yield what was inferred about one input, what that hides, and what was left out."""
    if not (coverage.settings or coverage.hides or coverage.skipped or coverage.filtered):
        return
    yield f"{on_one_line(coverage.name)}:"
    for name, value in sorted(coverage.settings.items()):
        yield f"  {name}: {on_one_line(value)}"
    for sentence in coverage.hides:
        yield f"  hidden: {on_one_line(sentence)}"
    for reason, skipped in sorted(coverage.skipped.items()):
        yield f"  left out: {count(skipped.count)} × {on_one_line(reason)}"
        yield from (f"    {cut(example, 110)}" for example in skipped.examples)
    for reason, filtered in sorted(coverage.filtered.items()):
        names = f" ({cut(', '.join(filtered.examples), 110)})" if filtered.examples else ""
        yield f"  filtered: {count(filtered.count)} executions {on_one_line(reason)}{names}"


def _summary(workload: Workload) -> str:
    executions = fsum(query.calls for query in workload.queries)
    total = fsum(query.total_ms for query in workload.queries)
    days = f" over {milliseconds(workload.days * 86_400_000)}" if workload.days else ""
    loops = f", {count(len(workload.loops))} loops" if workload.loops else ""
    return (
        f"{count(len(workload.queries))} queries{loops}, {count(executions)} executions, "
        f"{milliseconds(total)} of database time{days}"
    )


def _heaviest(workload: Workload) -> str:
    total = fsum(query.total_ms for query in workload.queries) or 1.0
    rows = [
        (f"{query.total_ms / total:.1%}", count(query.calls), milliseconds(query.mean_ms), milliseconds(query.p95_ms),
         cut(query.text, 80))
        for query in workload.queries[:HEAVIEST]
    ]  # fmt: skip
    headings = ("time", "calls", "mean", "p95", "query")
    return tabulate(rows, headings, tablefmt="simple", colalign=("right",) * 4 + ("left",), disable_numparse=True)
