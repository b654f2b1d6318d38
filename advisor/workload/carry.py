"""Statements whose duration, or whose own line after a plan, stands in a later block than they do."""

from __future__ import annotations

from dataclasses import replace

from advisor.capture.statements import Assembled, Pending


class Carry:
    """Holds what blocks left open. Blocks come in the order of the log."""

    def __init__(self) -> None:
        self.said: dict[bytes, Pending] = {}
        self.planned: dict[bytes, Pending] = {}

    def take(self, block: Assembled) -> list[Pending]:
        """Return the statements that this block completes; they stand before all of its own."""
        done: list[Pending] = []
        for session, plan in list(self.planned.items()):
            if session in block.firsts or session in block.opening:
                del self.planned[session]
                if block.firsts.get(session, b"").strip() != plan.text.strip():
                    done.append(plan)
        for session, statement in list(self.said.items()):
            if session in block.opening:
                end, duration = block.opening[session]
                done.append(replace(statement, end=end, duration=duration))
                del self.said[session]
            elif session in block.firsts:
                done.append(self.said.pop(session))
        self.said.update(block.said)
        self.planned.update(block.planned)
        return done

    def rest(self) -> list[Pending]:
        """Return what is still open at the end of the log."""
        return [*self.planned.values(), *self.said.values()]
