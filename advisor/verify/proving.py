"""One revision on a scratch database: what can be done to it and asked of it."""

from __future__ import annotations

from dataclasses import dataclass

import pglast
import psycopg

from advisor.catalog.index import IndexDefinition
from advisor.revisions.revision import Revision
from advisor.verify.failure import cut_off
from advisor.verify.lint import without_version_table
from advisor.verify.proof import Step
from advisor.verify.running.scratch import Scratch
from advisor.verify.running.upgrade import History
from advisor.verify.structure import IndexFacts, index_facts

_STORES = """
SELECT n.nspname, c.relname, c.relkind = 'r'
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm')
  AND (c.oid = to_regclass(%(table)s) OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass(%(table)s))))
ORDER BY 1, 2
LIMIT 1
"""
"""The table itself, or its first leaf partition: where rows are, and whether a writer can lock it."""


@dataclass
class Proving:
    """A revision on a database that stands just below it, and the name of the step that is under way."""

    history: History
    scratch: Scratch
    revision: Revision
    down: str
    definition: IndexDefinition
    watch: psycopg.Connection
    """An autocommit connection of the owner."""
    step: str = "prepare"

    @property
    def name(self) -> str:
        """Return the index's name."""
        return self.revision.index

    def passed(self, condition: bool, detail: str = "") -> Step:
        """Return the step under way with its verdict."""
        return Step(self.step, condition, detail)

    def facts(self) -> IndexFacts | None:
        """Return what the index is now, `None` when there is none."""
        return index_facts(self.watch, self.definition.schema, self.name)

    def upgrade(self) -> None:
        """Apply the revision. Raises `ProofError`."""
        self.history.upgrade(self.scratch.url, self.revision.revision)

    def downgrade(self) -> None:
        """Undo the revision. Raises `ProofError`."""
        self.history.downgrade(self.scratch.url, self.down)

    def stamped(self) -> bool:
        """Return whether the database says that the revision is applied."""
        return self.revision.revision in self.history.current(self.scratch.url)

    def store(self) -> tuple[tuple[str, str], bool] | None:
        """Return the relation that holds rows and whether a writer can lock it; `None` for a tree without leaves."""
        row = self.watch.execute(_STORES, {"table": self.definition.qualified_table}).fetchone()
        return ((row[0], row[1]), row[2]) if row else None

    def cut_off(self, table: tuple[str, str]) -> str | None:
        """Make the upgrade fail half-way, for real; return its complaint, `None` when nothing held it up."""
        return cut_off(self.history, self.scratch, self.revision.revision, table)

    def run_offline(self) -> None:
        """Run what `--sql` prints, statement by statement, as psql does."""
        text = without_version_table(self.history.offline_sql(self.down, self.revision.revision))
        with self.scratch.login() as connection:
            for statement in pglast.split(text):
                connection.execute(statement.encode())
