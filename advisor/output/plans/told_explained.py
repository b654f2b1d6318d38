"""What `--explain` tells of one query: what serves it or why nothing does, its plans, and every index tried."""

from __future__ import annotations

from collections.abc import Iterator

from tabulate import tabulate

from advisor.indexes.proposal import Explained
from advisor.output.plans.plan_lines import plan_lines
from advisor.twin.plan import PlanNode
from advisor.visible import on_one_line


def told_explained(one: Explained, text: str) -> Iterator[str]:
    """Yield the lines for one query; `text` is its statement."""
    yield f"{on_one_line(one.query)}  {on_one_line(text)}"
    yield f"  {on_one_line(one.reason)}"
    model = f"{one.estimated[0]:,.0f} → {one.estimated[1]:,.0f}"
    yield f"  cost {one.cost[0]:,.0f} → {one.cost[1]:,.0f}, by the time model {model}"
    yield from _plan("before", one.before)
    if one.before != one.after:
        yield from _plan("after", one.after)
    if one.tried:
        rows = [
            [on_one_line(t.index), _figure(t.cost), _figure(t.estimated), on_one_line(t.outcome)] for t in one.tried
        ]
        headers = ["tried by itself", "cost", "time model", "outcome"]
        yield ""
        table = tabulate(rows, headers, "simple", colalign=("left", "right", "right", "left"), disable_numparse=True)
        yield from (f"  {line}" for line in table.splitlines())
    else:
        yield "  no index was tried: nothing in it that an index could serve, or its tables are too small"


def _plan(name: str, plan: PlanNode | None) -> Iterator[str]:
    if plan is not None:
        yield f"  plan {name}"
        yield from (f"    {on_one_line(line)}" for line in plan_lines(plan))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
