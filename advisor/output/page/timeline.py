"""One unit of work of an N+1 finding as a timeline: the statement that was iterated over, then the loop, to scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.revisions.contract import FindingItem, QueryItem

WIDTH = 480.0
MOST = 40
"""Rounds that are drawn one by one; of more, the first and the last, and how many are left out."""
FIRST, LAST = 28, 8
LEAST = 1.6
"""Units that a statement takes at least, so that it is seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One statement in the drawing."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing: an example made of the medians that were captured."""

    parent: Bar | None
    rounds: tuple[Bar, ...]
    left_out: int
    times: int
    """Rounds of the loop."""
    loop: Bar
    """What the loop takes as a whole."""
    after: tuple[Bar, ...]
    """The same work once the loop is one statement."""
    whole_ms: float
    after_ms: float
    statements: int
    first: str
    last: str
    """Values of the first and of the last round, masked."""


def timeline(finding: FindingItem, queries: Mapping[str, QueryItem]) -> Timeline | None:
    """Return the drawing; `None` for a finding that is about no loop."""
    evidence = finding.evidence
    spread = evidence.get("per_loop")
    times = round(_number(spread.get("median"))) if isinstance(spread, dict) else 0
    if times < 2:
        return None
    executions = _number(evidence.get("executions"))
    each = _number(evidence.get("server_ms")) / executions if executions else 0.0
    gap = _number(evidence.get("turnaround_ms"))
    parent = queries.get(str(evidence.get("parent_query")))
    lead = (parent.mean_ms + gap) if parent else 0.0
    whole = lead + times * (each + gap)
    return _drawn(evidence, times, each, gap, lead, whole or 1.0, parent is not None)


def _drawn(
    evidence: Mapping[str, object], times: int, each: float, gap: float, lead: float, whole: float, led: bool
) -> Timeline:
    unit = WIDTH / whole
    drawn = range(times) if times <= MOST else [*range(FIRST), *range(times - LAST, times)]

    def bar(begin: float, length: float) -> Bar:
        return Bar(round(begin * unit, 2), round(max(length * unit, LEAST), 2))

    parent = bar(0, max(lead - gap, 0)) if led else None
    rounds = tuple(bar(lead + number * (each + gap), each) for number in drawn)
    once = bar(lead, each)
    example = evidence.get("example")
    values = [_values(one) for one in example] if isinstance(example, list | tuple) else []
    return Timeline(
        parent=parent,
        rounds=rounds,
        left_out=times - len(drawn),
        times=times,
        loop=Bar(round(lead * unit, 2), round(max((whole - lead) * unit, LEAST), 2)),
        after=(parent, once) if parent else (once,),
        whole_ms=whole,
        after_ms=lead + each + gap,
        statements=times + led,
        first=values[0] if values else "",
        last=values[-1] if values else "",
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e15 else 0.0


def _values(row: object) -> str:
    found = row if isinstance(row, list | tuple) else [row]
    return ", ".join("NULL" if value is None else str(value) for value in found)
