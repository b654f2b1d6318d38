"""MIG007: finds migrations that wait for a lock without an end, with everything else waiting behind them."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.gate.migrations.ahead import SMALL_ROWS, Ahead
from advisor.gate.migrations.migration_rule import MigrationRule, heads, mode, waiting
from advisor.gate.verdict import Verdict
from advisor.verify.running.effects import Effect, Step


class MissingLockTimeout(MigrationRule):
    """Finds migrations that wait for a lock without an end, with everything else waiting behind them.

    ## What it does
    Reports, once for each revision or file, the first statement that takes a lock which blocks writes, on a table
    that production has and uses, while `lock_timeout` is 0. An `env.py` that sets `lock_timeout` answers for all
    revisions.

    ## Why is this bad?
    A lock that takes a millisecond has to be got first. While the migration waits for one long query or one idle
    transaction, all statements that come later queue up behind it.

    ## Known problems
    A timeout set by ALTER ROLE for the role that migrates is not seen.

    ## Example
    ```python
    op.add_column("orders", sa.Column("note", sa.Text))
    ```

    ## Use instead
    ```python
    op.execute("SET LOCAL lock_timeout = '2s'")      # and run the migration again when it was cancelled
    op.add_column("orders", sa.Column("note", sa.Text))
    ```

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, chapter 19.11, `lock_timeout`.
    """

    code = "MIG007"
    name = "missing-lock-timeout"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the first lock of each revision that is waited for without an end."""
        seen: set[tuple[str, str]] = set()
        for step in ahead.steps if not ahead.patient else ():
            key = step.revision, step.file
            if step.timeout != "0" or key in seen:
                continue
            for effect in heads(ahead, step.effects):
                if effect.taken and effect.blocks_writes and _busy(ahead, effect):
                    seen.add(key)
                    yield self._said(ahead, step, effect)
                    break

    def _said(self, ahead: Ahead, step: Step, effect: Effect) -> Verdict:
        cause = (
            f"{mode(effect)} on {ahead.told(effect)} is waited for without an end (lock_timeout is 0): meanwhile"
            f" {waiting(effect)} behind it"
        )
        return self.verdict(
            step, effect, cause, "SET lock_timeout = '2s' first, and run it again when it was cancelled", "warn"
        )


def _busy(ahead: Ahead, effect: Effect) -> bool:
    rows = ahead.rows(effect)
    traffic = (ahead.writes(effect) or 0.0) + (ahead.reads(effect) or 0.0)
    return rows is None or rows >= SMALL_ROWS or traffic >= 1.0
