"""MIG003: finds changes of a column's type that write the table, or its indexes, anew."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.verdict import Verdict


class TypeChangeRewrites(MigrationRule):
    """Finds changes of a column's type that write the table, or its indexes, anew.

    ## What it does
    Reports ALTER COLUMN … TYPE that gives the table on the twin a new file, or builds an index anew. What the
    server does without (a longer varchar, varchar to text, timestamptz from timestamp in UTC) is not reported.

    ## Why is this bad?
    The lock is ACCESS EXCLUSIVE while every row is written, every index built, and twice the space used.

    ## Known problems
    How long it takes is an estimate from the table's size.

    ## Example
    ```python
    op.alter_column("orders", "id", type_=sa.BigInteger())
    ```

    ## Use instead
    A new column beside the old one: add it without default, let a trigger fill it from now on, fill the old rows in
    batches, build its index concurrently, then swap the names in one short transaction.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, ALTER TABLE, Notes.
    """

    code = "MIG003"
    name = "type-change-rewrites"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the type changes that cost a rewrite."""
        for step in ahead.steps:
            for deed, effect in ahead.pairs(step, "alter type"):
                if effect.rewritten or effect.indexes:
                    many = len(effect.indexes)
                    what = "the table is rewritten" if effect.rewritten else "all rows are read"
                    built = f" and {many} {'index is' if many == 1 else 'indexes are'} built anew" if many else ""
                    fix = (
                        f"add a new column, fill it by trigger and in batches, index it CONCURRENTLY, then swap it with"
                        f" {deed.name} in one short transaction"
                    )
                    yield from self.locking(ahead, step, effect, what + built, fix)
