"""A table is read whole once for every row of something else."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.judged_plan import Subject

LARGE = 1_000
"""Rows from which that is worth a word."""


def find(subject: Subject) -> Iterator[str]:
    """Yield a clause per table on the inner side of a nested loop, or in a sub-select that each row runs."""
    for access in subject.planned.plan.accesses:
        rows = subject.tables.get(access.table, 0.0)
        if access.inner and access.node == "Seq Scan" and rows >= LARGE:
            yield f"{access.table} ({rows:,.0f} rows) is read whole for every row of a loop"
