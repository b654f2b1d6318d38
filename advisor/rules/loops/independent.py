"""Whether what looks like a loop may be many requests that came at once: where no transaction or trace says otherwise.

A pool hands one connection from request to request, and a crowd of visitors asks for many rows at the same moment. What
tells a loop apart is that one statement came first, every time; that its pauses are those of one client; that its
values are in order; or that it is of the same length each time.
"""

from __future__ import annotations

from advisor.rules.context import RuleContext
from advisor.rules.loops.parent import Parent, single_row
from advisor.rules.loops.repeated_query import WRITES, Child, keyed_by
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

SHARE = 0.5
"""Share of the query's executions by the application that must lie in loops of one client's rhythm."""
CROWDED = 0.5
"""Share of the loops that may run while the same loop runs in another session."""
LONG = 8
"""Executions from which on the rhythm of one client is no accident."""
LONG_DISTINCT = 0.8
BRIEF_MS = 20.0
"""Median pause (milliseconds) up to which values in order make a loop whatever the rhythm."""

COARSE_MS = 40.0
"""Mean pause (milliseconds) up to which, where stamps are whole seconds, a loop needs no rhythm: who comes by
themselves, or by a clock, does not come as often."""

SEVERAL = 5
"""Executions for each one of the parent, and none otherwise, from which on bursts are those of its rows."""

THROUGH = 0.25
"""Share of the parent's LIMIT that they must be at least."""

BURST_LED, BURST_LED_EXACTLY = 0.8, 0.6
"""Share of the bursts over several connections that the parent must have preceded, and where its rows fit exactly: the
first burst may have waited long for its connections."""
BURST_SHARE = 0.5
"""Share of the query's executions by the application that must lie in bursts: else it is asked all the time."""
BURST_DISTINCT = 0.95
BURST_REPEATED = 0.4
"""The same where both run almost never otherwise: rows may point at the same one."""
RELAYED = 0.75
"""Share of the query's executions that must lie in relays, or spells as even, if it is to be one client's loop."""
RELAY_DISTINCT = 0.5
TORN = 0.6
"""Share of the query's executions that must lie in bursts where nearly all lie in spells: a busy client pauses."""
TURNS = 3
"""Executions on each connection from which on a pool hands them to one client; a crowd comes with one each."""
AGAIN = 2
"""Bursts that always come after the parent and never otherwise, whatever their rhythm."""
BURSTS = 3
"""Bursts from which on their coming after the parent is no accident; one is enough when neither ran otherwise."""
ALWAYS = 0.9


def of_one_request(loop: Loop, child: Child, parent: Parent | None, context: RuleContext) -> bool:
    """Return whether the executions belong together: certain within a transaction or trace, else by the signs above."""
    if loop.unit in ("transaction", "trace"):
        return True
    paced = loop.paced >= PACED
    if loop.one_by_one < PACED and _in_company(loop, child, context):
        return False
    if loop.unit == "relay":
        return _relayed(loop, child, parent, context)
    if loop.unit in ("burst", "spell"):
        alone = paced and loop.unit == "burst" and not _in_company(loop, child, context)
        return _burst(loop, child, parent, context) if parent else alone and _one_after_the_other(loop, child, context)
    if (seen := _seen(loop, parent)) and parent and _led(loop, seen, parent, context):
        return True
    return _by_itself(loop, child, context)


def _led(loop: Loop, seen: LoopParent, parent: Parent, context: RuleContext) -> bool:
    """Return whether the parent came first nearly every time, and its rows or the pauses fit."""
    if seen.loops < LED * loop.loops:
        return False
    others = _others(loop, seen, context) if _share(loop, context) >= SHARE else 0
    followed = _followed(seen, others)
    alone = loop.crowded < CROWDED or parent.relation.by != "own-key"
    if _exact(parent) or not alone:
        return _exact(parent)
    always = min(followed, _share(loop, context), seen.loops / loop.loops) >= ALWAYS
    sure = always and loop.crowded < CROWDED and parent.relation.by in ("foreign-key", "type")
    return sure or (loop.paced >= PACED and followed >= FOLLOWED and not context.coarse)


def _others(loop: Loop, seen: LoopParent, context: RuleContext) -> int:
    """Return how many other loops of the query by the application the parent preceded, whatever their pace."""
    return sum(
        parent.loops
        for other in context.workload.loops
        if other is not loop and (other.child, other.application) == (loop.child, loop.application)
        for parent in other.parents
        if parent.query == seen.query
    )


def _by_itself(loop: Loop, child: Child, context: RuleContext) -> bool:
    """Return whether a loop without a parent leaves no doubt, by its order or by its rhythm and length."""
    busy = _share(loop, context) < SHARE or loop.crowded >= CROWDED
    if busy or loop.gap_ms > context.options.gap_ms or _in_company(loop, child, context):
        return False
    paced = loop.paced >= PACED
    if context.coarse:
        dense = loop.gap_ms <= COARSE_MS and loop.max >= LONG
        return dense and min(_share(loop, context), loop.distinct) >= ALWAYS
    if loop.monotone >= ORDERED and loop.executions >= ORDERED_EXECUTIONS and (paced or loop.gap_ms <= BRIEF_MS):
        return True
    if not paced:
        return False
    alike = loop.loops >= ALIKE and loop.same_length >= SAME_LENGTH
    return alike or (loop.max >= LONG and loop.distinct >= LONG_DISTINCT)


def _share(loop: Loop, context: RuleContext) -> float:
    """Return the share of the query's executions by the application that lie in loops of one client's rhythm."""
    total = loop.executions + (loop.elsewhere or 0.0)
    found = sum(
        other.executions
        for other in context.workload.loops
        if (other.child, other.application, kind_of(other)) == (loop.child, loop.application, kind_of(loop))
        and (other is loop or other.paced >= PACED)
    )
    return min(found / total, 1.0) if total else 1.0


def kind_of(loop: Loop) -> str:
    """Return which units an execution is in no other of: a spell of one client is a relay."""
    return "spell" if loop.unit == "relay" else loop.unit


def _in_company(loop: Loop, child: Child, context: RuleContext) -> bool:
    """Return whether a round is a request: others with values of their own, or a list of the table, stand in each."""
    others = set(loop.beside)
    table, place = (child.table.schema, child.table.name), (loop.application, kind_of(loop))
    for name in others:
        shape = context.shapes.get(name)
        if shape and shape.kind == "select":
            same = [one for one in shape.tables if (one.schema, one.table) == table]
            if any(not single_row(shape, one, child.table) for one in same):
                return True
    return any(
        other.child in others and other.varying and (other.application, kind_of(other)) == place
        for other in context.workload.loops
    )


def _seen(loop: Loop, parent: Parent | None) -> LoopParent | None:
    """Return how the parent stood before the loop, `None` when no statement was seen."""
    if parent is None or parent.query is None:
        return None
    known = (seen for seen in loop.parents if seen.query == parent.query)
    return next(known, LoopParent(parent.query, loop.loops, 0.0))


def _burst(loop: Loop, child: Child, parent: Parent, context: RuleContext) -> bool:
    seen = _seen(loop, parent)
    if seen is None or parent.relation.by == "rows":
        return False
    led, followed = seen.loops / loop.loops, _followed(seen)
    share = _share(loop, context)
    several = share >= ALWAYS and _through_each(loop, child, seen, parent)
    if several:
        followed = 1.0
    if parent.relation.by == "own-key" and child.kind not in WRITES and not _exact(parent):
        return False
    least = BURST_LED_EXACTLY if _exact(parent) else BURST_LED
    if led < least or followed < FOLLOWED or share < BURST_SHARE or not _rows_fit(loop, seen, parent):
        return False
    always = min(followed, share) >= ALWAYS
    if context.coarse and not always:
        return False
    if not (loop.paced >= PACED or _exact(parent) or (always and (loop.loops >= AGAIN or several))):
        return False
    clients = _clients(loop, seen) if several else 1.0
    distinct = loop.distinct >= (BURST_REPEATED / clients if always else BURST_DISTINCT)
    often = always or (loop.loops >= BURSTS and child.kind not in WRITES)
    often = often or (_exact(parent) and loop.sequential >= ALWAYS)
    return distinct and often and not _taken_to_write(loop, child, context)


def _through_each(loop: Loop, child: Child, seen: LoopParent, parent: Parent) -> bool:
    """Return whether bursts are as long as if clients, several at once, each read the list and went through it."""
    if parent.relation.by == "own-key" and child.kind not in WRITES:
        return False
    runs = seen.runs or 0.0
    return loop.executions >= runs * max(SEVERAL, (seen.limit or 0) * THROUGH)


def _relayed(loop: Loop, child: Child, parent: Parent | None, context: RuleContext) -> bool:
    """Return whether executions in one client's rhythm are a loop: most of the query's, with values that vary."""
    seen = _seen(loop, parent)
    led = seen is not None and seen.loops >= BURST_LED * loop.loops
    varied = loop.distinct >= (RELAY_DISTINCT if led else LONG_DISTINCT)
    return varied and _share(loop, context) >= RELAYED and not _taken_to_write(loop, child, context)


def _one_after_the_other(loop: Loop, child: Child, context: RuleContext) -> bool:
    """Return whether a burst of reads without a parent is one client's: never two at once, over few connections.

    Writes of many clients come one after the other as well, for they wait for each other's locks.
    """
    if child.kind in WRITES:
        return False
    spells = sum(one.executions for one in context.workload.loops if _spell_of(one, loop))
    total = loop.executions + (loop.elsewhere or 0.0)
    always = _share(loop, context) >= (TORN if spells >= ALWAYS * total else ALWAYS)
    few = TURNS * loop.sessions <= loop.median and loop.max >= LONG
    return few and always and loop.sequential >= ALWAYS and loop.distinct >= LONG_DISTINCT


def _spell_of(other: Loop, loop: Loop) -> bool:
    """Return whether a loop holds the bursts of another and what was torn off them."""
    return (other.child, other.application) == (loop.child, loop.application) and kind_of(other) == "spell"


def _followed(seen: LoopParent, others: int = 0) -> float:
    """Return the share of the parent's executions that a loop, or one of others, followed."""
    return (seen.loops + others) / seen.runs if seen.runs else 1.0


def _exact(parent: Parent) -> bool:
    """Return whether the parent's rows or values are just those of the loop."""
    return parent.rows_match or parent.limit_match or parent.contained


def _rows_fit(loop: Loop, seen: LoopParent, parent: Parent) -> bool:
    """Return whether the parent can have returned as many rows as the burst had executions."""
    if seen.rows and not parent.rows_match:
        return False
    return seen.limit is None or loop.median <= seen.limit * _clients(loop, seen)


def _clients(loop: Loop, seen: LoopParent) -> float:
    """Return how many clients at once read the list before each burst."""
    return max(1.0, (seen.runs or 0.0) / loop.loops)


def _taken_to_write(loop: Loop, child: Child, context: RuleContext) -> bool:
    """Return whether each row is written, or locked, by whoever read it: work shared out to workers, not a loop.

    Likewise rows that are read one by one by whoever writes them.
    """
    if context.shapes[loop.child].features & {"for-update", "for-share"}:
        return True
    others = ("select",) if child.kind in WRITES else ("update", "delete")
    counted = sum(
        query.calls
        for query, shape in context.analysed()
        if shape.kind in others and keyed_by(shape, child.table, child.key)
        and (not query.applications or loop.application is None or loop.application in query.applications)
    )  # fmt: skip
    return counted >= loop.executions / 2
