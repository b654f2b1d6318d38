"""Leaves rows of statement exports out: by user, application and text. Counters cannot be cut by time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from advisor.capture.events import StatementRow
from advisor.capture.exports.export import StatementExport
from advisor.workload.filtering.capture_filters import Filters
from advisor.workload.filtering.excluded import searching
from advisor.workload.filtering.left_out_rows import (
    EXCLUDED,
    NO_APPLICATION,
    NO_USER,
    OTHER_APPLICATION,
    OTHER_USER,
    LeftOut,
)


def user_of(row: StatementRow) -> str:
    """Return who ran a row's statement; `oid N` where only the number is known, empty where nothing is."""
    return f"oid {row.user}" if row.user and row.user.isdigit() else row.user or ""


def application_of(row: StatementRow) -> str:
    """Return the application that ran a row's statement, empty where the export does not tell."""
    return row.application or row.extra.get("application_name", "")


def filtered_export(export: StatementExport, filters: Filters) -> StatementExport:
    """Return the export with the rows that count; its coverage tells which calls were left out."""
    left, kept = LeftOut(), []
    for row in export.rows:
        reason, name = _reason(row, filters)
        if reason:
            left.add(reason, round(row.calls), name)
        else:
            kept.append(row)
    if len(kept) == len(export.rows):
        return export
    executions = sum(row.calls for row in kept)
    coverage = replace(export.coverage, executions=executions, filtered=left.covered())
    return replace(export, rows=tuple(kept), coverage=coverage)


def _reason(row: StatementRow, filters: Filters) -> tuple[str, str]:
    """Return why a row is left out (empty when it is not), and a name to show with the reason."""
    user, application = user_of(row), application_of(row)
    if filters.users and user not in filters.users:
        return (OTHER_USER, user) if user else (NO_USER, "")
    if filters.applications and application not in filters.applications:
        return (OTHER_APPLICATION, application) if application else (NO_APPLICATION, "")
    if filters.exclude and searching(filters.exclude)(row.text.encode()):
        return EXCLUDED, ""
    return "", ""


def outside(span: tuple[float, float], filters: Filters) -> bool:
    """Return whether a span of time lies wholly before --begin or after --end."""
    begin, end = filters.span
    return (begin is not None and span[1] <= begin) or (end is not None and span[0] >= end)


def within(span: tuple[float, float], filters: Filters) -> bool:
    """Return whether a span of time lies wholly between --begin and --end."""
    begin, end = filters.span
    return (begin is None or span[0] >= begin) and (end is None or span[1] <= end)


def of_time(
    exports: Sequence[tuple[StatementExport, tuple[float, float] | None]], filters: Filters
) -> tuple[list[StatementExport], list[str]]:
    """Return the exports, given with what each spans, that do not lie wholly outside of --begin and --end, and notes.

    What lies partly outside counts whole, which the notes tell.
    """
    if filters.span == (None, None):
        return [export for export, _ in exports], []
    kept, notes = [], []
    for export, span in exports:
        name = export.coverage.name
        if span is None:
            notes.append(f"{name}: does not tell what time it spans, so --begin and --end do not cut it")
        elif outside(span, filters):
            calls = sum(row.calls for row in export.rows)
            notes.append(f"left out by --begin or --end: {name} ({calls:.0f} calls), which spans {spelled(span)}")
            continue
        elif not within(span, filters):
            notes.append(f"{name}: its counters span {spelled(span)} and cannot be cut by --begin and --end: all count")
        kept.append(export)
    return kept, notes


def spelled(span: tuple[float, float]) -> str:
    """Return a span of time as a note writes it."""
    begin, end = (datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S") for time in span)
    return f"{begin} to {end} UTC"
