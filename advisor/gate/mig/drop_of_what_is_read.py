"""MIG009: finds tables, views and columns that are dropped while a statement still reads them."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.analysis.deeds import Deed
from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.migrations.used import used
from advisor.gate.relation_names import PLAIN, label
from advisor.gate.verdict import Verdict
from advisor.verify.running.effects import Effect, Step


class DropOfWhatIsRead(MigrationRule):
    """Finds tables, views and columns that are dropped while a statement still reads them.

    ## What it does
    Reports DROP TABLE, DROP VIEW and DROP COLUMN. It fails when a statement of the baseline, or of the inputs where
    there is none, names what is dropped; it is for information where those are known and none does.

    ## Why is this bad?
    The old release runs until the last process is restarted: its statements fail. Rows that are gone do not come
    back with a rollback.

    ## Known problems
    Statements are searched for the names as words; `SELECT *` names no column.

    ## Example
    ```python
    op.drop_column("orders", "note")
    ```

    ## Use instead
    Two releases: first the code that no longer reads it, then the drop.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    `docs/gate.md`.
    """

    code = "MIG009"
    name = "drop-of-what-is-read"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield what is dropped."""
        for step in ahead.steps:
            for deed, effect in ahead.pairs(step, "drop table", "drop column"):
                yield from self._dropped(ahead, step, deed, effect)
            for deed in ahead.deeds(step):
                if deed.kind == "drop view" and deed.table and _view(ahead, deed):
                    schema = deed.table[0] or PLAIN
                    view = Effect(schema, deed.table[1], True, called=deed.table[1])
                    yield from self._dropped(ahead, step, deed, view)

    def _dropped(self, ahead: Ahead, step: Step, deed: Deed, effect: Effect) -> Iterable[Verdict]:
        column = deed.kind == "drop column"
        level, by = used(ahead, effect, deed.name if column else "")
        what = f"{label(effect.schema, effect.name)}.{deed.name}" if column else label(effect.schema, effect.name)
        if level:
            cause = f"{deed.kind.removeprefix('drop ')} {what} is dropped: {by}"
            fix = "first release the code that does without it, then drop it"
            yield self.verdict(step, effect, cause, fix, level)


def _view(ahead: Ahead, deed: Deed) -> bool:
    return any(table == (deed.table or ("", ""))[1] for _, table in ahead.before.tables)
