"""MIG008: finds transactions that lock several tables, or hold a lock while later statements work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from advisor.gate.migrations.ahead import GRAVE_SECONDS, SMALL_ROWS, Ahead, lasting
from advisor.gate.migrations.migration_rule import MigrationRule, heads, mode
from advisor.gate.relation_names import label
from advisor.gate.verdict import Verdict
from advisor.verify.running.effects import Effect, Step


class SeveralLocks(MigrationRule):
    """Finds transactions that lock several tables, or hold a lock while later statements work.

    ## What it does
    Follows the locks through each transaction. Reported are a second table that gets a lock which blocks writes
    while an earlier statement's lock on another is still held, and a lock that is held a second or more for what
    later statements do.

    ## Why is this bad?
    Locks are kept until the transaction ends: the first table is blocked for as long as the second one is waited
    for. And two sessions that lock the same tables in another order end in a deadlock.

    ## Known problems
    A foreign key locks both of its tables in one statement, which is not reported.

    ## Example
    ```python
    op.add_column("orders", sa.Column("a", sa.Text))
    op.add_column("customers", sa.Column("b", sa.Text))
    ```

    ## Use instead
    One table a revision (with `transaction_per_migration=True`), or an `autocommit_block()` around each statement.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, chapter 13.3.4.
    """

    code = "MIG008"
    name = "several-locks"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield each transaction that locks too much."""
        for (_, transaction), found in groupby(ahead.steps, lambda step: (step.file, step.transaction)):
            if transaction:
                yield from self._found(ahead, list(found))

    def _found(self, ahead: Ahead, steps: Sequence[Step]) -> Iterable[Verdict]:
        locks: list[tuple[int, Effect]] = []
        for place, step in enumerate(steps):
            taken = [one for one in heads(ahead, step.effects) if one.taken and _counts(ahead, one)]
            fresh = [one for one in taken if all(one.name != other.name for _, other in locks)]
            if fresh and any(at < place for at, _ in locks):
                held = ", ".join(sorted({label(one.schema, one.name) for at, one in locks if at < place}))
                cause = f"{mode(fresh[0])} on {ahead.told(fresh[0])} is waited for while the locks on {held} are held"
                yield self.verdict(step, fresh[0], cause, _FIX, "warn")
            locks += [(place, one) for one in fresh]
        for place, effect in locks:
            later = [_works(ahead, step) for step in steps[place + 1 :]]
            lasts = sum(one for one in later if one)
            if lasts >= GRAVE_SECONDS:
                cause = f"{mode(effect)} on {ahead.told(effect)} is held {lasting(lasts)} for what later statements do"
                yield self.verdict(steps[place], effect, cause, _FIX, "fail")


_FIX = "one table a revision, or each statement in a transaction of its own (with op.get_context().autocommit_block())"


def _counts(ahead: Ahead, effect: Effect) -> bool:
    rows = ahead.rows(effect)
    return effect.blocks_writes and (rows is None or rows >= SMALL_ROWS)


def _works(ahead: Ahead, step: Step) -> float:
    return sum(ahead.seconds(step, one) or 0.0 for one in heads(ahead, step.effects))
