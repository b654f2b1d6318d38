"""The base of the migration rules (MIG): each is a module of `advisor.gate.mig`, its docstring is its page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from advisor.gate.migrations.ahead import GRAVE_ROWS, GRAVE_SECONDS, SMALL_ROWS, Ahead, lasting
from advisor.gate.relation_names import label
from advisor.gate.verdict import Level, Verdict
from advisor.verify.running.effects import Effect, Step


class MigrationRule(ABC):
    """One thing that a migration should not do to a table in use."""

    code: ClassVar[str]
    name: ClassVar[str]

    @abstractmethod
    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield what the rule finds, in the order of the statements."""

    def verdict(self, step: Step, effect: Effect | None, cause: str, fix: str, level: Level) -> Verdict:
        """Return a verdict on one statement."""
        return Verdict(
            code=self.code, name=self.name, level=level, query="", text=step.text.strip(), cause=cause, fix=fix,
            table=label(effect.schema, effect.name) if effect else None,
            revision=step.revision or None, file=step.file, line=step.line,
        )  # fmt: skip

    def locking(self, ahead: Ahead, step: Step, effect: Effect, why: str, fix: str) -> Iterable[Verdict]:
        """Yield that a table is locked while a statement works on it, unless it is small."""
        level = gravity(ahead, step, effect)
        if level:
            yield self.verdict(step, effect, f"{locked(ahead, step, effect)}: {why}; {waiting(effect)}", fix, level)


def gravity(ahead: Ahead, step: Step, effect: Effect) -> Level | None:
    """Return how grave it is that a table is locked while a step works on it, `None` for a small one."""
    rows, lasts = ahead.rows(effect), ahead.seconds(step, effect)
    if (rows or 0.0) >= GRAVE_ROWS or (lasts or 0.0) >= GRAVE_SECONDS:
        return "fail"
    return "warn" if rows is None or rows >= SMALL_ROWS else None


def locked(ahead: Ahead, step: Step, effect: Effect) -> str:
    """Return the lock, the table and how long it is worked on."""
    return f"{mode(effect)} on {ahead.told(effect)} {lasting(ahead.seconds(step, effect))}"


def mode(effect: Effect) -> str:
    """Return a lock mode as the manual writes it."""
    words = {
        "AccessExclusiveLock": "ACCESS EXCLUSIVE", "ExclusiveLock": "EXCLUSIVE", "ShareLock": "SHARE",
        "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE", "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    }  # fmt: skip
    return words.get(effect.mode or "", "a lock")


def waiting(effect: Effect) -> str:
    """Return who waits for a lock."""
    if effect.blocks_reads:
        return "reads and writes wait"
    return "writes wait" if effect.blocks_writes else "nobody waits"


def heads(ahead: Ahead, effects: Sequence[Effect]) -> list[Effect]:
    """Return the effects on tables that production has, partitions left out where their parent is among them."""
    there = {(one.schema, one.name) for one in effects}
    return [one for one in effects if one.known and not _below(ahead, one, there)]


def _below(ahead: Ahead, effect: Effect, there: set[tuple[str, str]]) -> bool:
    table = ahead.table(effect)
    return bool(table and table.parent and table.parent in there)
