"""MIG002: finds SET NOT NULL that reads the whole table under a lock that everything waits for."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.catalog.index import quote_identifier
from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.verdict import Verdict


class NotNullWithoutCheck(MigrationRule):
    """Finds SET NOT NULL that reads the whole table under a lock that everything waits for.

    ## What it does
    Reports SET NOT NULL that scans the table on the twin. Where a valid CHECK (column IS NOT NULL) proves it, the
    server does not scan, and nothing is reported.

    ## Why is this bad?
    The lock is ACCESS EXCLUSIVE for as long as the table is read.

    ## Known problems
    None known.

    ## Example
    ```python
    op.alter_column("orders", "zip", nullable=False)
    ```

    ## Use instead
    ```sql
    ALTER TABLE orders ADD CONSTRAINT orders_zip_not_null CHECK (zip IS NOT NULL) NOT VALID;
    -- in a transaction of its own: others read and write meanwhile
    ALTER TABLE orders VALIDATE CONSTRAINT orders_zip_not_null;
    -- in a third: no scan any more
    ALTER TABLE orders ALTER COLUMN zip SET NOT NULL;
    ALTER TABLE orders DROP CONSTRAINT orders_zip_not_null;
    ```
    From PostgreSQL 18 on: `ADD CONSTRAINT … NOT NULL zip NOT VALID`, then `VALIDATE CONSTRAINT`.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, ALTER TABLE, SET NOT NULL.
    """

    code = "MIG002"
    name = "not-null-without-check"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the scans for NULLs under an exclusive lock."""
        for step in ahead.steps:
            for deed, effect in ahead.pairs(step, "set not null"):
                if effect.scanned and effect.blocks_reads and not effect.rewritten:
                    table, column = quote_identifier(effect.called), quote_identifier(deed.name)
                    name = quote_identifier(f"{effect.called}_{deed.name}_not_null"[:63])
                    fix = (
                        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID; then, each"
                        f" in its own transaction: ALTER TABLE {table} VALIDATE CONSTRAINT {name}; ALTER TABLE {table}"
                        f" ALTER COLUMN {column} SET NOT NULL; ALTER TABLE {table} DROP CONSTRAINT {name}"
                    )
                    yield from self.locking(ahead, step, effect, f"all rows are read for NULLs in {deed.name}", fix)
