"""MIG004: finds constraints that check, or index, all rows while others wait."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.analysis.deeds import Deed
from advisor.catalog.index import quote_identifier
from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.verdict import Verdict
from advisor.verify.running.effects import Effect


class ConstraintWithoutNotValid(MigrationRule):
    """Finds constraints that check, or index, all rows while others wait.

    ## What it does
    Reports ADD CONSTRAINT whose table is scanned on the twin (a foreign key or CHECK without NOT VALID), or for
    which an index is built (UNIQUE, PRIMARY KEY, EXCLUDE), with the lock and the time.

    ## Why is this bad?
    A CHECK or a key holds ACCESS EXCLUSIVE while it reads the table; a foreign key holds SHARE ROW EXCLUSIVE on
    both tables, so that writes to either wait.

    ## Known problems
    An exclusion constraint can only be added so.

    ## Example
    ```python
    op.create_foreign_key("orders_customer_fk", "orders", "customers", ["customer_id"], ["id"])
    ```

    ## Use instead
    ```sql
    ALTER TABLE orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
    -- in a transaction of its own: others read and write meanwhile
    ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_fk;
    ```
    For a key: `CREATE UNIQUE INDEX CONCURRENTLY`, then `ADD CONSTRAINT … UNIQUE USING INDEX`.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, ALTER TABLE, ADD table_constraint.
    """

    code = "MIG004"
    name = "constraint-without-not-valid"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the constraints whose check others wait for."""
        for step in ahead.steps:
            for deed, effect in ahead.pairs(step, "add constraint"):
                if effect.blocks_writes and not effect.rewritten and (effect.scanned or effect.indexes):
                    built = deed.to in ("unique", "primary key", "exclude") and effect.indexes
                    why = f"an index is built for a {deed.to}" if built else f"all rows are checked for a {deed.to}"
                    yield from self.locking(ahead, step, effect, why, _fix(deed, effect))


def _fix(deed: Deed, effect: Effect) -> str:
    table = quote_identifier(effect.called)
    name = quote_identifier(deed.name or f"{effect.called}_{'_'.join(deed.columns) or deed.to}"[:60])
    if deed.to in ("unique", "primary key"):
        columns = ", ".join(map(quote_identifier, deed.columns)) or "…"
        return (
            f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns}); then ALTER TABLE {table} ADD CONSTRAINT"
            f" {name} {deed.to.upper()} USING INDEX {name}"
        )
    if deed.to == "exclude":
        return "there is no way without the lock: do it when nobody writes, with a lock_timeout"
    return (
        f"add it NOT VALID, then, in a transaction of its own: ALTER TABLE {table} VALIDATE CONSTRAINT {name}"
        " (op.create_foreign_key(…, postgresql_not_valid=True))"
    )
