"""A LIMIT is hoped to end the reading early."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.judged_plan import Subject

WORSE, MUCH = 10.0, 1_000.0
"""How many times as dear the plan may become at worst, and from how many units on that counts."""


def find(subject: Subject) -> Iterator[str]:
    """Yield a clause where the plan is far dearer than its cost when few rows match."""
    plan = subject.planned.plan
    if plan.worst and plan.worst >= max(WORSE * plan.cost, MUCH):
        yield f"it filters rows until its LIMIT is reached, and may read them all: {plan.worst:,.0f} at worst"
