"""Where the time went by application and tag, and which statements failed: tables of the coverage report."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tabulate import tabulate

from advisor.output.number_units import count, milliseconds, one_line
from advisor.workload.model import Query, Workload

MOST = 5
"""Rows shown of each table."""


def time_shares(workload: Workload) -> Iterator[str]:
    """Yield a table per application and per tag, heaviest first; none where there is nothing to tell apart."""
    total = sum(query.total_ms for query in workload.queries) or 1.0
    for tag, group in groupby(workload.shares, key=lambda share: share.tag):
        shares = list(group)
        if tag is None and len(shares) < 2:
            continue
        rows = [
            (f"{share.total_ms / total:.1%}", count(share.calls), milliseconds(share.total_ms),
             one_line(share.value, 80) or "(none)")
            for share in shares[:MOST]
        ]  # fmt: skip
        left = [("", "", "", f"… and {count(len(shares) - MOST)} more")] if len(shares) > MOST else []
        heading = "application" if tag is None else f"tag {one_line(tag, 40)}"
        yield _table([*rows, *left], ("time", "calls", "total", heading), 3)


def failures(workload: Workload) -> Iterator[str]:
    """Yield a table of the statements that failed or were cancelled, most often first."""
    failed = sorted((query for query in workload.queries if query.failed), key=lambda one: (-one.failed, one.id))
    if not failed:
        return
    rows = [
        (count(query.failed), count(query.cancelled), one_line(_message(query), 60), one_line(query.text, 60))
        for query in failed[:MOST]
    ]
    left = [("", "", "", f"… and {count(len(failed) - MOST)} more")] if len(failed) > MOST else []
    yield _table([*rows, *left], ("failed", "cancelled", "mostly with", "query"), 2)


def _message(query: Query) -> str:
    return max(query.errors, key=lambda pair: (pair[1], pair[0]), default=("", 0.0))[0]


def _table(rows: list[tuple[str, ...]], headings: tuple[str, ...], numbers: int) -> str:
    alignment = ("right",) * numbers + ("left",) * (len(headings) - numbers)
    return tabulate(rows, headings, tablefmt="simple", colalign=alignment, disable_numparse=True)
