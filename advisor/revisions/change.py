"""Proposals broken into changes: one index, or one extension, per revision file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.catalog.index import Index, IndexDefinition, quote_identifier
from advisor.catalog.schema import Schema, Table
from advisor.errors import RevisionError
from advisor.indexes.passes.partial import quote_literal
from advisor.indexes.proposal import IndexProposal
from advisor.revisions.escape import qualified
from advisor.revisions.revision import Kind


@dataclass(frozen=True, slots=True)
class Change:
    """What one revision file does."""

    kind: Kind
    name: str
    """Index or extension."""
    proposal: IndexProposal
    definition: IndexDefinition | None = None
    """The index to create, or to drop; `None` for an extension."""
    partitions: tuple[Partition, ...] = ()
    """The tree below a partitioned table, parents before children; empty for a plain table."""
    nulls_not_distinct: bool = False
    modelled: bool = True
    """Whether autogenerate looks at the index: it does not know materialised views."""
    follows: str = ""
    """Name of the new index that makes this drop possible."""
    tablespace: str | None = None
    """Where the old index stood, for the downgrade."""
    marks: tuple[str, ...] = ()
    """Statements that give the old index back what `CREATE INDEX` does not say, for the downgrade."""
    remark: str = ""
    """What a reader must know besides; of a redacted change, what was left out and what stays."""

    @property
    def partitioned(self) -> bool:
        """Whether the index stands on a partitioned table."""
        return bool(self.partitions)

    def revision_id(self, down_revision: str | None) -> str:
        """Return the revision id: derived from the content and the place in the history, so it is reproducible."""
        ddl = self.definition.ddl(self.name) if self.definition else ""
        text = "\0".join([self.kind, self.name, ddl, down_revision or ""])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Partition:
    """One member of a partition tree."""

    schema: str
    table: str
    parent: tuple[str, str] | None
    leaf: bool


def changes(proposals: Sequence[IndexProposal], schema: Schema | None) -> tuple[Change, ...]:
    """Return the changes in writing order: extensions, then each new index followed by the old ones it replaces.

    Raises `RevisionError` when an old index is to go whose definition is not known, because no downgrade could be
    written, and when a constraint owns it.
    """
    seen: set[tuple[str, str]] = set()
    found = []
    for change in (*_extensions(proposals, schema), *_index_changes(proposals, schema)):
        if (change.kind, change.name) not in seen:
            seen.add((change.kind, change.name))
            found.append(change)
    return tuple(found)


def _extensions(proposals: Sequence[IndexProposal], schema: Schema | None) -> Iterator[Change]:
    present = schema.extensions if schema else ()
    for proposal in proposals:
        for extension in proposal.requires:
            if extension not in present:
                yield Change("extension", extension, proposal)


def _index_changes(proposals: Sequence[IndexProposal], schema: Schema | None) -> Iterator[Change]:
    for proposal in proposals:
        tree = partition_tree(schema, proposal.definition)
        if proposal.action == "drop":
            yield _drop(proposal, proposal.name, schema)
            continue
        modelled = _kind(schema, proposal.definition) != "matview"
        yield Change("create", proposal.name, proposal, proposal.definition, tree, modelled=modelled)
        for name in proposal.replaces:
            yield _drop(proposal, name, schema, follows=proposal.name)


def _drop(proposal: IndexProposal, name: str, schema: Schema | None, follows: str = "") -> Change:
    old = _existing(proposal.definition, name, schema)
    if old is None and proposal.action == "drop" and schema is None:
        return Change("drop", name, proposal, proposal.definition)
    if old is None:
        what = f"index {name} is to be dropped, but its definition is not known, so no downgrade could be written"
        raise RevisionError(what, do="give the schema (a snapshot) that holds it")
    if old.constraint or old.primary or old.replica_identity:
        owner = f"constraint {old.constraint or name}" if not old.replica_identity else "the replica identity"
        raise RevisionError(f"index {name} belongs to {owner} and cannot be dropped on its own")
    if old.attached:
        what = f"index {name} is part of a partitioned index and cannot be dropped on its own"
        raise RevisionError(what, do="drop the index of the partitioned table, or leave it")
    tree = partition_tree(schema, old.definition)
    return Change(
        "drop", name, proposal, old.definition, tree, old.nulls_not_distinct,
        follows=follows, tablespace=old.tablespace, marks=tuple(_marks(old)),
    )  # fmt: skip


def _marks(index: Index) -> Iterator[str]:
    """Yield the statements that restore statistics targets, the comment and CLUSTER's mark of an index."""
    name = qualified(index.definition.schema, index.name)
    for number, target in index.statistics_targets:
        yield f"ALTER INDEX {name} ALTER COLUMN {number} SET STATISTICS {target}"
    if index.comment is not None:
        yield f"COMMENT ON INDEX {name} IS {quote_literal(index.comment).strip()}"
    if index.clustered:
        yield f"ALTER TABLE {index.definition.qualified_table} CLUSTER ON {quote_identifier(index.name)}"


def _kind(schema: Schema | None, definition: IndexDefinition) -> str:
    table = schema.tables.get((definition.schema, definition.table)) if schema else None
    return table.kind if table else "table"


def _existing(definition: IndexDefinition, name: str, schema: Schema | None) -> Index | None:
    table = schema.tables.get((definition.schema, definition.table)) if schema else None
    return next((index for index in table.indexes if index.name == name), None) if table else None


def partition_tree(schema: Schema | None, definition: IndexDefinition) -> tuple[Partition, ...]:
    """Return the partition tree below the definition's table, the table itself first; empty for a plain table.

    Raises `RevisionError` for a tree with a foreign table: its index could never become valid.
    """
    root = (definition.schema, definition.table)
    table = schema.tables.get(root) if schema else None
    if schema is None or table is None or table.kind != "partitioned":
        return ()
    return (Partition(*root, None, leaf=False), *_below(root, schema))


def _below(parent: tuple[str, str], schema: Schema) -> Iterator[Partition]:
    children: list[Table] = [table for table in schema.tables.values() if table.parent == parent]
    for table in sorted(children, key=lambda table: (table.schema, table.name)):
        if table.kind == "foreign":
            what = f"{table.qualified} is a foreign table: an index of {'.'.join(parent)} cannot be built by attaching"
            raise RevisionError(what, do="write this one by hand, or leave it out")
        yield Partition(table.schema, table.name, parent, leaf=table.kind != "partitioned")
        yield from _below((table.schema, table.name), schema)
