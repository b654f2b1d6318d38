"""MIG005: finds new columns that have the table written anew: with a volatile default, stored, or an identity."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.catalog.index import quote_identifier
from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.verdict import Verdict


class VolatileDefault(MigrationRule):
    """Finds new columns that have the table written anew: with a volatile default, stored, or an identity.

    ## What it does
    Reports ADD COLUMN that gives the table on the twin a new file. A constant default, and one like now(), is kept
    in the catalog and does not.

    ## Why is this bad?
    The lock is ACCESS EXCLUSIVE while every row is written and every index built.

    ## Known problems
    None known.

    ## Example
    ```sql
    ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();
    ```

    ## Use instead
    ```sql
    ALTER TABLE orders ADD COLUMN token uuid;
    ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();   -- for new rows
    -- then fill the old rows in batches
    ```

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, ALTER TABLE, Notes.
    """

    code = "MIG005"
    name = "volatile-default"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the new columns that cost a rewrite."""
        for step in ahead.steps:
            for deed, effect in ahead.pairs(step, "add column"):
                if effect.rewritten:
                    table, column = quote_identifier(effect.called), quote_identifier(deed.name)
                    fix = (
                        f"ALTER TABLE {table} ADD COLUMN {column} without a default; ALTER TABLE {table} ALTER COLUMN"
                        f" {column} SET DEFAULT …; then fill the old rows in batches"
                    )
                    why = f"every row is written anew with a value for {deed.name}"
                    yield from self.locking(ahead, step, effect, why, fix)
