"""MIG011: finds foreign keys that no index of their table serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Constraint, Table
from advisor.gate.migrations.ahead import Ahead
from advisor.gate.migrations.migration_rule import MigrationRule
from advisor.gate.relation_names import label
from advisor.gate.verdict import Verdict
from advisor.verify.running.effects import Step


class ForeignKeyWithoutIndex(MigrationRule):
    """Finds foreign keys that no index of their table serves.

    ## What it does
    Reports a foreign key that the migrations add and whose columns, in whatever order, no index begins with.

    ## Why is this bad?
    To delete a row that it points at, or to change its key, the server searches the whole table for references, row by
    row; EXPLAIN does not show it. Where such a statement is known, PLN011 fails.

    ## Known problems
    Where rows that it points at are never deleted and their keys never change, the index is not needed.

    ## Example
    ```python
    op.add_column("orders", sa.Column("payer_id", sa.ForeignKey("customers.id")))
    ```

    ## Use instead
    ```python
    op.add_column("orders", sa.Column("payer_id", sa.ForeignKey("customers.id"), index=True))
    ```
    on a large table: `CREATE INDEX CONCURRENTLY` in a revision before it.

    ## Options
    `[tool.advisor]` `suppress`, with a reason and an end.

    ## References
    PostgreSQL manual, Constraints, Foreign Keys.
    """

    code = "MIG011"
    name = "foreign-key-without-index"

    def find(self, ahead: Ahead) -> Iterable[Verdict]:
        """Yield the new foreign keys that no index serves, each at the statement that adds it."""
        for table, one in _added(ahead):
            step = next((step for step in ahead.steps if _adds(step, table, one)), None)
            if step is not None:
                columns = ", ".join(map(quote_identifier, one.columns))
                name = label(table.schema, table.name)
                to = label(*one.references) if one.references else "a table"
                cause = (
                    f"no index serves the foreign key {name}({columns}): to delete a row of {to}, {name} is read whole"
                )
                fix = f"CREATE INDEX CONCURRENTLY ON {quote_identifier(table.name)} ({columns})"
                yield self.verdict(step, None, cause, fix, "warn")


def _added(ahead: Ahead) -> Iterator[tuple[Table, Constraint]]:
    for key, table in sorted(ahead.after.tables.items()):
        old = ahead.before.tables.get(key)
        known = {(one.columns, one.references) for one in old.constraints} if old else set()
        for one in table.constraints:
            new = one.kind == "foreign" and (one.columns, one.references) not in known and table.parent is None
            if new and not any(_serves(table, one, place) for place in range(len(table.indexes))):
                yield table, one


def _serves(table: Table, constraint: Constraint, place: int) -> bool:
    """Return whether an index begins with the columns of a foreign key, in any order, for all rows."""
    definition = table.indexes[place].definition
    first = {key.column for key in definition.keys[: len(constraint.columns)]}
    return first == set(constraint.columns) and not definition.where and definition.method in ("btree", "hash")


def _adds(step: Step, table: Table, constraint: Constraint) -> bool:
    """Return whether a statement names the table and says that something refers."""
    text = step.text.lower()
    return (
        table.name.lower() in text and "references" in text and all(one.lower() in text for one in constraint.columns)
    )
