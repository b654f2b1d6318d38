"""The steps of one revision's proof, for an index that is built and for one that is dropped.

Every step leaves the database where the next one needs it; the last leaves the revision applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pglast
import psycopg

from advisor.catalog.index import IndexDefinition
from advisor.revisions.revision import Revision
from advisor.verify.failure import cut_off
from advisor.verify.model import differences, reflect_without
from advisor.verify.proof import Step
from advisor.verify.scratch import Scratch
from advisor.verify.structure import IndexFacts, expected_facts, index_facts, make_invalid
from advisor.verify.upgrade import History

_LOCKABLE = """
SELECT n.nspname, c.relname
FROM pg_class r
CROSS JOIN LATERAL pg_partition_tree(r.oid) t
JOIN pg_class c ON c.oid = t.relid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.oid = to_regclass(format('%%I.%%I', %s::text, %s::text)) AND t.isleaf AND c.relkind = 'r'
UNION ALL
SELECT n.nspname, c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(format('%%I.%%I', %s::text, %s::text)) AND c.relkind = 'r' AND NOT c.relispartition
LIMIT 1
"""


@dataclass(frozen=True)
class Proving:
    """One revision on one scratch database that stands just below it."""

    history: History
    scratch: Scratch
    revision: Revision
    down: str
    definition: IndexDefinition

    @property
    def name(self) -> str:
        """Return the index's name."""
        return self.revision.index

    def facts(self) -> IndexFacts | None:
        """Return what the index is now, `None` when there is none."""
        with self.scratch.connect() as connection:
            return index_facts(connection, self.definition.schema, self.name)

    def upgrade(self) -> None:
        """Apply the revision. Raises `ProofError`."""
        self.history.upgrade(self.scratch.url, self.revision.revision)

    def downgrade(self) -> None:
        """Undo the revision. Raises `ProofError`."""
        self.history.downgrade(self.scratch.url, self.down)

    def stamped(self) -> bool:
        """Return whether the database says that the revision is applied."""
        return self.revision.revision in self.history.current(self.scratch.url)

    def cut_off(self) -> str | None:
        """Make the upgrade fail half-way, for real; return its complaint, `None` when nothing could hold it up."""
        with self.scratch.connect() as connection:
            names = (self.definition.schema, self.definition.table)
            row = connection.execute(_LOCKABLE, (*names, *names)).fetchone()
        return cut_off(self.history, self.scratch, self.revision.revision, (row[0], row[1])) if row else None

    def run_offline(self) -> None:
        """Run what `--sql` prints, statement by statement, as psql does."""
        with self.scratch.connect() as connection:
            for statement in pglast.split(self.history.offline_sql(self.down, self.revision.revision)):
                connection.execute(statement.encode())


def create_steps(case: Proving) -> Iterator[Step]:
    """Yield the steps of a revision that builds an index."""
    with case.scratch.connect() as connection:
        expected = expected_facts(connection, case.definition)
    metadata = reflect_without(case.scratch.url, case.definition)
    case.upgrade()
    yield Step("upgrade", True)
    built = case.facts()
    yield Step("valid", bool(built and built.valid), "pg_index.indisvalid and indisready")
    yield Step("definition", bool(built) and built.shape == expected.shape, _difference(built, expected))  # type: ignore[union-attr]
    snippet, url = case.revision.model_snippet, case.scratch.url
    found = differences(url, metadata, snippet, case.definition, case.name)
    yield Step("model", not found, "; ".join(found) or "alembic check is clean with the model line")
    case.downgrade()
    yield Step("downgrade", True)
    yield Step("gone", case.facts() is None)
    case.upgrade()
    again = case.facts()
    yield Step("upgrade-again", again == built)
    case.downgrade()
    yield from _build_cut_off(case)
    case.upgrade()
    yield Step("heals", case.facts() == built and case.stamped(), "the INVALID leftover was removed and built anew")
    case.downgrade()
    case.run_offline()
    yield Step("offline", case.facts() == built and case.stamped(), "the --sql output builds the same index")


def _build_cut_off(case: Proving) -> Iterator[Step]:
    complaint = case.cut_off()
    if complaint is None:
        # Nothing holds up a build on this relation: leave behind what a lost server would.
        with case.scratch.connect() as connection:
            make_invalid(connection, case.definition, case.name)
    left = case.facts()
    loud = left is not None and not left.valid and not case.stamped()
    yield Step("fails-loudly", loud, complaint or "an INVALID index of this name was left behind")


def drop_steps(case: Proving) -> Iterator[Step]:
    """Yield the steps of a revision that drops an index."""
    before = case.facts()
    yield Step("present", before is not None, "" if before else f"there is no index {case.name} to drop")
    if before is None:
        return
    case.upgrade()
    yield Step("upgrade", True)
    yield Step("gone", case.facts() is None)
    case.downgrade()
    back = case.facts()
    yield Step("downgrade", back == before, _difference(back, before))
    complaint = case.cut_off()
    yield Step("fails-loudly", complaint is not None and not case.stamped(), complaint or "the drop was not held up")
    case.upgrade()
    yield Step("heals", case.facts() is None and case.stamped())
    case.downgrade()
    case.run_offline()
    yield Step("offline", case.facts() is None and case.stamped(), "the --sql output drops it as well")


def _difference(built: IndexFacts | None, expected: IndexFacts) -> str:
    if built is None:
        return "there is no such index"
    pairs = zip(built.shape, expected.shape, strict=True)
    return "; ".join(f"{is_!r} instead of {should!r}" for is_, should in pairs if is_ != should)


def extension_steps(history: History, scratch: Scratch, revision: Revision) -> Iterator[Step]:
    """Yield the steps of a revision that creates an extension; its downgrade leaves the extension on purpose."""
    history.upgrade(scratch.url, revision.revision)
    yield Step("upgrade", True)
    with scratch.connect() as connection:
        yield Step("present", _has_extension(connection, revision.index))


def _has_extension(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT FROM pg_extension WHERE extname = %s", (name,)).fetchone() is not None
