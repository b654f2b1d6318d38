"""Statements whose duration, or whose own line after a plan, stands in a later block than they do.

One case stays open: the plan of a cursor opened in an earlier block, where its session ran something else in between,
counts as an execution of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from advisor.capture.assembly.statements import RECENT, Assembled, Pending
from advisor.capture.record import UNKNOWN

SESSIONS = 10_000
"""Sessions whose last statements are remembered."""


class Carry:
    """Holds what blocks left open. Blocks come in the order of the log."""

    def __init__(self) -> None:
        self.said: dict[bytes, Pending] = {}
        self.planned: dict[bytes, Pending] = {}
        self.lasts: OrderedDict[bytes, tuple[bytes, ...]] = OrderedDict()

    def take(self, block: Assembled) -> list[Pending]:
        """Return the statements that this block completes; they stand before all of its own."""
        done: list[Pending] = []
        for session in [name for name in self.planned if name in block.leading]:
            done.append(self.planned.pop(session))
        for session, plan in block.leading.items():
            self._plan(session, plan, block, done)
        for session in [name for name in self.planned if name in block.firsts or name in block.opening]:
            plan = self.planned.pop(session)
            if block.firsts.get(session, b"").strip() != plan.text.strip():
                done.append(plan)
        for session in [name for name in self.said if name in block.firsts or name in block.opening]:
            self._statement(session, self.said.pop(session), block, done)
        for session, texts in block.lasts.items():
            self.lasts[session] = (*self.lasts.get(session, ()), *texts)[-RECENT:]
            self.lasts.move_to_end(session)
        while len(self.lasts) > SESSIONS:
            self.lasts.popitem(last=False)
        self.said.update(block.said)
        self.planned.update(block.planned)
        return done

    def _plan(self, session: bytes, plan: Pending, block: Assembled, done: list[Pending]) -> None:
        """Settle a plan that stands before all executions of its session in a block."""
        statement = self.said.get(session)
        if statement is not None and statement.text.strip() == plan.text.strip():
            if statement.duration == UNKNOWN:
                self.said[session] = replace(statement, duration=plan.duration, end=plan.end)
        elif plan.text.strip() not in (*self.lasts.get(session, ()), block.firsts.get(session, b"").strip()):
            done.append(plan)

    def _statement(self, session: bytes, statement: Pending, block: Assembled, done: list[Pending]) -> None:
        """Settle a statement whose duration may open the block."""
        if session in block.opening:
            end, duration = block.opening[session]
            statement = replace(statement, end=end, duration=duration)
        elif session in block.failing:
            return
        done.append(statement)
        self.lasts[session] = (*self.lasts.get(session, ()), statement.text.strip())

    def rest(self) -> list[Pending]:
        """Return what is still open at the end of the log."""
        return [*self.planned.values(), *self.said.values()]
