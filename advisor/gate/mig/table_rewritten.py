"""MIG010: finds statements that write a whole table anew for another reason than a type or a default."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.verdict import Verdict


class TableRewritten(MigrationRule):
    """Finds statements that write a whole table anew for another reason than a type or a default.

    ## What it does
    Reports every statement after which the table has a new file on the twin (VACUUM FULL, CLUSTER, SET LOGGED, SET
    TABLESPACE, SET ACCESS METHOD, a generated column's new expression), except TRUNCATE and what MIG003 and MIG005
    report.

    ## Why is this bad?
    The lock is ACCESS EXCLUSIVE while every row is written and every index built.

    ## Known problems
    None known.

    ## Example
    ```sql
    VACUUM FULL orders;
    ```

    ## Use instead
    `pg_repack` or `pg_squeeze` for bloat; else a window in which nobody needs the table.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, chapter 13.3.
    """

    code = "MIG010"
    name = "table-rewritten"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the rewrites that no other rule explains."""
        for step in ahead.steps:
            kinds = {deed.kind for deed in ahead.deeds(step)}
            if kinds & {"TruncateStmt", "alter type", "add column"}:
                continue
            for effect in step.effects:
                if effect.known and effect.rewritten:
                    fix = "do it where nobody waits: pg_repack for bloat, else a window without traffic"
                    yield from self.locking(ahead, step, effect, "the table is rewritten", fix)
