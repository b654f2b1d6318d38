"""MIG001: finds indexes that are built, rebuilt or dropped without CONCURRENTLY on a table that production uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from advisor.gate.migrations.ahead import SMALL_ROWS, Ahead
from advisor.gate.migrations.migration_rule import MigrationRule, locked, waiting
from advisor.gate.verdict import Verdict
from advisor.verify.running.effects import Effect, Step


class IndexWithoutConcurrently(MigrationRule):
    """Finds indexes that are built, rebuilt or dropped without CONCURRENTLY on a table that production uses.

    ## What it does
    Runs each pending statement on the twin and reports those that build an index under a lock that writes wait for
    (CREATE INDEX, REINDEX), or that drop one under a lock that everything waits for. A table of 100 000 rows or a
    build of a second fails, one of 1 000 rows or of unknown size is a warning; a table that the migrations make
    themselves is none.

    ## Why is this bad?
    CREATE INDEX holds a SHARE lock for as long as it reads and sorts the table: every INSERT, UPDATE and DELETE
    waits. DROP INDEX is quick, but it waits for the longest running query, and everything else waits behind it.

    ## Known problems
    How long it takes is an estimate from the table's size, for warm data.

    ## Example
    ```python
    op.create_index("ix_orders_zip", "orders", ["zip"])
    ```

    ## Use instead
    ```python
    with op.get_context().autocommit_block():
        op.create_index("ix_orders_zip", "orders", ["zip"], postgresql_concurrently=True)
    ```
    On a partitioned table: `CREATE INDEX … ON ONLY parent`, then one index a partition with CONCURRENTLY, each
    attached with `ALTER INDEX … ATTACH PARTITION`.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, CREATE INDEX, "Building Indexes Concurrently"; chapter 13.3.
    """

    code = "MIG001"
    name = "index-without-concurrently"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the builds and drops that others wait for."""
        for step in ahead.steps:
            kinds = {deed.kind: deed for deed in ahead.deeds(step) if not deed.concurrently}
            for effect in step.effects:
                if not effect.known or effect.rewritten:
                    continue
                if effect.indexes and effect.blocks_writes and kinds.keys() & {"create index", "reindex"}:
                    yield from self.locking(ahead, step, effect, "an index is built", _fix(ahead, step, effect))
                elif effect.taken and effect.blocks_reads and "drop index" in kinds:
                    yield from self._dropped(ahead, step, effect)

    def _dropped(self, ahead: Ahead, step: Step, effect: Effect) -> Iterator[Verdict]:
        rows = ahead.rows(effect)
        if rows is None or rows >= SMALL_ROWS:
            cause = f"{locked(ahead, step, effect)}, once it has the lock: an index is dropped; {waiting(effect)}"
            yield self.verdict(step, effect, cause, _fix(ahead, step, effect), "warn")


def _fix(ahead: Ahead, step: Step, effect: Effect) -> str:
    table = ahead.table(effect)
    if table is not None and table.kind == "partitioned":
        return "CREATE INDEX … ON ONLY the parent, one a partition CONCURRENTLY, then ALTER INDEX … ATTACH PARTITION"
    text = re.sub(r"(?i)(\bINDEX|\bTABLE)(?=\s)", r"\1 CONCURRENTLY", " ".join(step.text.split()).rstrip(";"), count=1)
    return f"{text}; outside a transaction (with op.get_context().autocommit_block(), postgresql_concurrently=True)"
