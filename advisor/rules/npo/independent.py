"""Whether what looks like a loop may be many requests that came at once: where no transaction or trace says otherwise.

A pool hands one connection from request to request, and a crowd of visitors asks for many rows at the same moment. What
tells a loop apart is that one statement came first, every time; that its pauses are those of one client; that its
values are in order; or that it is of the same length each time.
"""

from __future__ import annotations

from advisor.rules.context import RuleContext
from advisor.rules.npo.child import WRITES, Child, keyed_by
from advisor.rules.npo.parent import Parent
from advisor.workload.model import Loop, LoopParent

FOLLOWED = 0.5
"""Share of the parent's executions that a loop must have followed: else one after it is an accident."""
LED = 0.5
"""Share of the loops within single sessions that the parent must have preceded."""
PACED = 0.75
"""Share of them whose pauses must be those of one client, unless the parent's rows fit exactly."""
ORDERED = 0.9
"""Share of them whose values must rise or fall where no parent is known."""
ORDERED_EXECUTIONS = 10
"""Executions from which on values that rise or fall are no accident."""

ALIKE = 3
"""Loops from which on it is no accident that nearly all are of the same length."""
SAME_LENGTH = 0.8

BURST_LED = 0.8
"""Share of the bursts over several connections that the parent must have preceded."""
BURST_SHARE = 0.5
"""Share of the query's executions by the application that must lie in bursts: else it is asked all the time."""
BURST_DISTINCT = 0.95
BURSTS = 3
"""Bursts from which on their coming after the parent is no accident; one is enough when the parent's rows fit exactly
and neither ran otherwise."""
ALWAYS = 0.9


def of_one_request(loop: Loop, child: Child, parent: Parent | None, context: RuleContext) -> bool:
    """Return whether the executions belong together: certain within a transaction or trace, else by the signs above."""
    if loop.unit in ("transaction", "trace"):
        return True
    paced = loop.paced >= PACED
    if loop.unit == "burst":
        return parent is not None and paced and _burst(loop, child, parent, context)
    ordered = loop.monotone >= ORDERED and loop.executions >= ORDERED_EXECUTIONS
    if (seen := _seen(loop, parent)) and parent:
        if context.coarse and not (ordered or _exact(parent)):
            return False
        led = seen.loops >= LED * loop.loops
        return led and (_exact(parent) or (paced and _followed(seen) >= FOLLOWED))
    return ordered or (paced and loop.loops >= ALIKE and loop.same_length >= SAME_LENGTH)


def _seen(loop: Loop, parent: Parent | None) -> LoopParent | None:
    """Return how the parent stood before the loop, `None` when no statement was seen."""
    if parent is None or parent.query is None:
        return None
    known = (seen for seen in loop.parents if seen.query == parent.query)
    return next(known, LoopParent(parent.query, loop.loops, 0.0))


def _burst(loop: Loop, child: Child, parent: Parent, context: RuleContext) -> bool:
    seen = _seen(loop, parent)
    if seen is None or child.kind in WRITES or loop.distinct < BURST_DISTINCT:
        return False
    led, followed = seen.loops / loop.loops, _followed(seen)
    share = loop.executions / (loop.executions + (loop.elsewhere or 0.0))
    if led < BURST_LED or followed < FOLLOWED or share < BURST_SHARE or not _rows_fit(loop, seen, parent):
        return False
    often = loop.loops >= BURSTS or (_exact(parent) and min(followed, share) >= ALWAYS)
    return often and not _taken_to_write(loop, child, context)


def _followed(seen: LoopParent) -> float:
    """Return the share of the parent's executions that a loop followed."""
    return seen.loops / seen.runs if seen.runs else 1.0


def _exact(parent: Parent) -> bool:
    """Return whether the parent's rows or values are just those of the loop."""
    return parent.rows_match or parent.limit_match or parent.contained


def _rows_fit(loop: Loop, seen: LoopParent, parent: Parent) -> bool:
    """Return whether the parent can have returned as many rows as the burst had executions."""
    if seen.rows and not parent.rows_match:
        return False
    return seen.limit is None or loop.median <= seen.limit


def _taken_to_write(loop: Loop, child: Child, context: RuleContext) -> bool:
    """Return whether each row is written, or locked, by whoever read it: work shared out to workers, not a loop."""
    if context.shapes[loop.child].features & {"for-update", "for-share"}:
        return True
    writes = sum(
        query.calls
        for query, shape in context.analysed()
        if shape.kind in ("update", "delete") and keyed_by(shape, child.table, child.key)
    )
    return writes >= loop.executions / 2
