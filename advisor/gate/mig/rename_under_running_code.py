"""MIG006: finds tables and columns that get another name, or schema, while code that knows the old one still runs."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.catalog.index import quote_identifier
from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.migrations.used import used
from advisor.gate.verdict import Verdict


class RenameUnderRunningCode(MigrationRule):
    """Finds tables and columns that get another name, or schema, while code that knows the old one still runs.

    ## What it does
    Reports RENAME of tables and columns and SET SCHEMA. It fails when a statement of the baseline, or of the inputs
    where there is none, names what is renamed; it is for information where those are known and none does.

    ## Why is this bad?
    Between the migration and the last restart of the application every statement with the old name fails, and a
    rollback of the release needs a second migration.

    ## Known problems
    Statements are searched for the names as words: a column of another table that is called the same counts.

    ## Example
    ```python
    op.alter_column("orders", "zip", new_column_name="postcode")
    ```

    ## Use instead
    For a table: rename it and make a view of the old name in the same transaction; drop the view a release later.
    For a column: add the new one, write both, move the readers, drop the old one.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, CREATE VIEW, "Updatable Views".
    """

    code = "MIG006"
    name = "rename-under-running-code"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the new names."""
        for step in ahead.steps:
            for deed, effect in ahead.pairs(step, "rename table", "rename column", "set schema"):
                old = deed.name if deed.kind == "rename column" else effect.called
                what = f"column {effect.called}.{old}" if deed.kind == "rename column" else f"table {old}"
                level, by = used(ahead, effect, deed.name)
                place = f"{deed.to}.{quote_identifier(old)}" if deed.kind == "set schema" else quote_identifier(deed.to)
                fix = (
                    f"keep {old} beside {deed.to} for a release: add, write both, move the readers, drop"
                    if deed.kind == "rename column"
                    else f"in the same transaction make a view {quote_identifier(old)} of {place}, for a release"
                )
                if level:
                    cause = (
                        f"{what} is called {deed.to} from now on"
                        if deed.kind != "set schema"
                        else (f"{what} is in schema {deed.to} from now on")
                    )
                    yield self.verdict(step, effect, f"{cause}: {by}", fix, level)
