"""Candidate indexes: real ones, committed as invalid, at the size they would have."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence

import psycopg
from psycopg import sql

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.statistics import RelationStatistics, Statistics
from advisor.twin.contents.candidate_statistics import load_derived
from advisor.twin.contents.sizing import Relation, Sizer, read_relations
from advisor.twin.servers.rights import Sessions
from advisor.twin.whatif import Refused

_CONTRIBUTED = {"gin_trgm_ops": "pg_trgm", "gist_trgm_ops": "pg_trgm"}
"""Operator classes that an extension of PostgreSQL's own distribution brings."""

_HEAPS = """
WITH RECURSIVE tree AS (
    SELECT named.number, c.oid
    FROM unnest(%s::int[], %s::text[], %s::text[]) AS named (number, schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name AND c.relkind IN ('r', 'p', 'm')
    UNION ALL
    SELECT t.number, i.inhrelid
    FROM tree t JOIN pg_class p ON p.oid = t.oid AND p.relkind = 'p' JOIN pg_inherits i ON i.inhparent = t.oid
)
SELECT number, array_agg(oid::bigint ORDER BY oid) FROM tree GROUP BY number ORDER BY number
"""
_TREE = """
WITH RECURSIVE tree AS (
    SELECT named.number, c.oid
    FROM unnest(%s::int[], %s::text[], %s::text[]) AS named (number, schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
    UNION ALL
    SELECT t.number, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid
)
SELECT number, array_agg(oid::bigint ORDER BY oid)
FROM tree WHERE NOT oid = ANY(%s::oid[])
GROUP BY number ORDER BY number
"""
_NAMES = """
SELECT n.nspname, c.relname, CASE WHEN c.relkind IN ('i', 'I') THEN c.oid::bigint END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) OR c.relkind IN ('i', 'I')
"""
_PRINTED = "SELECT pg_get_indexdef(%s::oid, n, true) FROM generate_series(1, %s) AS n ORDER BY n"
_OFF = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY(%s::oid[])"


class Candidates:
    """The candidate indexes of one twin."""

    def __init__(self, sessions: Sessions, sizer: Sizer, statistics: Statistics) -> None:
        """Take the sessions and the sizer of one database, and the statistics of its columns.

        The owner's session creates the indexes, which evaluates things.
        """
        self.connection = sessions.superuser
        self.sessions = sessions
        self.sizer = sizer
        self.statistics = statistics
        self.names: dict[IndexDefinition, str] = {}
        self.indexes: dict[str, tuple[int, ...]] = {}
        """Object ids to switch, by candidate name: one, or one a partition and their parent."""
        self.leaves: dict[str, str] = {}
        """Candidate name by the name of one of its partitions' indexes."""

    def build(self, wanted: Mapping[IndexDefinition, IndexSize]) -> dict[IndexDefinition, str | Refused]:
        """Create what is new, switched off, at its size; return each candidate's name, or why there is none.

        A candidate that exists already keeps the size it was first built with.
        """
        fresh = [definition for definition in wanted if definition not in self.names]
        refused: dict[IndexDefinition, Refused] = {}
        if fresh:
            heaps = self._heaps(fresh, refused)
            touched = sorted({heap for oids in heaps.values() for heap in oids})
            named, existing = self._name(list(heaps))
            self.sizer.empty(touched)
            try:
                created = self._create(named, refused)
            finally:
                self.sizer.refill(touched)
            self._register(created, existing, wanted)
        return {definition: self.names.get(definition) or refused[definition] for definition in wanted}

    def printed(self, definition: IndexDefinition) -> tuple[str, ...]:
        """Return the keys' expressions as the server prints them; nothing for what is no candidate."""
        oids = self.indexes.get(self.names.get(definition, ""), ())
        rows = self.connection.execute(_PRINTED.encode(), (oids[0], len(definition.keys))) if oids else ()
        return tuple(text for (text,) in rows)

    def _heaps(
        self, definitions: Sequence[IndexDefinition], refused: dict[IndexDefinition, Refused]
    ) -> dict[IndexDefinition, list[int]]:
        """Return the tables, partitions included, that each definition's build would read."""
        schemas, tables = [d.schema for d in definitions], [d.table for d in definitions]
        rows = self.connection.execute(_HEAPS.encode(), (list(range(len(definitions))), schemas, tables)).fetchall()
        heaps = {definitions[number]: oids for number, oids in rows}
        for definition in definitions:
            if definition not in heaps:
                refused[definition] = Refused(f"the twin has no table {definition.qualified_table}", "42P01")
        return heaps

    def _name(self, definitions: Sequence[IndexDefinition]) -> tuple[dict[IndexDefinition, str], list[int]]:
        """Return a name that no index of any schema has, for each definition, and the indexes of these schemas."""
        schemas = sorted({d.schema for d in definitions})
        rows = self.connection.execute(_NAMES.encode(), [schemas]).fetchall()
        taken = {(schema, name) for schema, name, _ in rows}
        elsewhere = {name for _, name, oid in rows if oid}
        named = {}
        for definition in definitions:
            name, number = definition.name, 0
            while (definition.schema, name) in taken or name in elsewhere or name in self.indexes:
                number += 1
                name = f"{definition.name.encode()[:58].decode(errors='ignore')}_{number}"
            taken.add((definition.schema, name))
            named[definition] = name
        return named, [oid for schema, _, oid in rows if oid and schema in schemas]

    def _create(
        self, named: Mapping[IndexDefinition, str], refused: dict[IndexDefinition, Refused]
    ) -> dict[IndexDefinition, str]:
        """Create all in one pipelined transaction; one by one when the server refuses any of them."""
        self._extend(named)
        try:
            with self.sessions.owner.transaction(), self.sessions.owner.pipeline():
                for definition, name in named.items():
                    self.sessions.owner.execute(definition.ddl(name).encode())
            return dict(named)
        except psycopg.Error:
            return {definition: name for definition, name in named.items() if self._one(definition, name, refused)}

    def _one(self, definition: IndexDefinition, name: str, refused: dict[IndexDefinition, Refused]) -> bool:
        try:
            self.sessions.owner.execute(definition.ddl(name).encode())
        except psycopg.Error as error:
            refused[definition] = Refused(error.diag.message_primary or str(error), error.sqlstate)
            return False
        return True

    def _extend(self, definitions: Iterable[IndexDefinition]) -> None:
        """Create the extensions whose operator classes are used; a refusal shows when the index is created."""
        classes = {(key.opclass or "").rpartition(".")[2] for d in definitions for key in d.keys}
        for extension in sorted({_CONTRIBUTED[name] for name in classes if name in _CONTRIBUTED}):
            with contextlib.suppress(psycopg.Error):
                statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
                self.sessions.owner.execute(statement)

    def _register(
        self,
        created: Mapping[IndexDefinition, str],
        existing: list[int],
        wanted: Mapping[IndexDefinition, IndexSize],
    ) -> None:
        """Switch the new indexes off and give them their sizes."""
        if not created:
            return
        definitions = list(created)
        named = (list(range(len(created))), [d.schema for d in definitions], list(created.values()))
        trees = dict(self.connection.execute(_TREE.encode(), (*named, existing)).fetchall())
        self.connection.execute(_OFF.encode(), [[oid for tree in trees.values() for oid in tree]])
        relations = {r.oid: r for r in read_relations(self.connection, [o for tree in trees.values() for o in tree])}
        sizes = []
        for number, definition in enumerate(definitions):
            tree = trees.get(number, [])
            self.names[definition] = created[definition]
            self.indexes[created[definition]] = tuple(tree)
            self.leaves |= {relations[oid].name: created[definition] for oid in tree if len(tree) > 1}
            sizes += self._shares([relations[oid] for oid in tree], wanted[definition])
        self.sizer.size(sizes)
        load_derived(self.sessions, created, self.statistics)

    def _shares(self, tree: Sequence[Relation], size: IndexSize) -> list[tuple[Relation, RelationStatistics]]:
        """Divide the size of an index over the partitions by their rows."""
        leaves = [relation for relation in tree if relation.kind == "i"]
        rows = [max(self.sizer.rows(relation.heap), 1.0) for relation in leaves]
        total = sum(rows)
        return [
            (leaf, RelationStatistics(
                rows=size.tuples * share / total,
                pages=max(2, math.ceil(size.pages * share / total)) if len(leaves) > 1 else size.pages,
                height=size.height,
            ))
            for leaf, share in zip(leaves, rows, strict=True)
        ]  # fmt: skip
