"""Sizes: every relation of the twin gets its rows in `pg_class` and its pages in the file system.

A relation that is sized moves to a file of its own; the empty file it was born with stays, so that later index builds
can be pointed at it for a moment (see `advisor.twin.costing.candidates`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from advisor.catalog.statistics import RelationStatistics
from advisor.twin.contents import skeleton
from advisor.twin.servers.relation_files import PAGE, Files, RelationFile

_FIRST_NUMBER = 3_000_000_000
"""File numbers of ours start here, far from the object ids the server hands out to a young cluster."""

_UNKNOWN_SINCE = 140000
"""First server whose `reltuples` is -1 where nothing is known."""

_COPIED = 8
"""Pages of an empty index that are kept, at most."""

RELATIONS = """
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, a.amname AS method,
       c.relfilenode AS number, pg_relation_filepath(c.oid) AS path, i.indrelid AS heap
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relkind IN ('r', 'm', 'i', 'p', 'I', 'f') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\\_temp%%'
  AND (%(only)s::oid[] IS NULL OR c.oid = ANY(%(only)s::oid[]))
ORDER BY c.oid
"""

_UPDATE = """
UPDATE pg_class c
SET relpages = new.pages, reltuples = new.rows, relallvisible = new.visible,
    relfilenode = coalesce(new.number, c.relfilenode)
FROM unnest(%s::oid[], %s::int[], %s::real[], %s::int[], %s::oid[]) AS new (oid, pages, rows, visible, number)
WHERE c.oid = new.oid
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or index of the twin, as the catalog has it."""

    oid: int
    schema: str
    name: str
    kind: str
    """`relkind`."""
    method: str | None
    number: int
    """`relfilenode`; 0 for what has no file."""
    path: str | None
    heap: int | None
    """Object id of the table, for an index."""

    @property
    def key(self) -> tuple[str, str]:
        """Return schema and name."""
        return self.schema, self.name

    def file(self, number: int) -> str:
        """Return the path of this relation's file under another number."""
        return f"{(self.path or '').rpartition('/')[0]}/{number}"


def read_relations(connection: psycopg.Connection[Any], only: Sequence[int] | None = None) -> list[Relation]:
    """Return all user tables and indexes, or `only` those with these object ids, by rising object id."""
    arguments = {"only": None if only is None else list(only)}
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return [Relation(*row) for row in cursor.execute(RELATIONS.encode(), arguments).fetchall()]


class Sizer:
    """Gives relations their sizes; remembers what it gave, so that heaps can be emptied and filled again."""

    def __init__(self, connection: psycopg.Connection[Any], files: Files) -> None:
        self.connection = connection
        self.files = files
        self._numbers = itertools.count(_FIRST_NUMBER)
        self.sized: dict[int, tuple[Relation, RelationStatistics, int]] = {}
        """Tables by object id: as they were born, what they were given, and the number of the sized file."""

    def size(
        self,
        relations: Iterable[tuple[Relation, RelationStatistics]],
        leaves: Mapping[int, Sequence[bytes]] | None = None,
    ) -> None:
        """Make each relation as large as its statistics say, and plant the given tuples in b-trees (by object id)."""
        wanted = list(relations)
        heap_pages = {relation.oid: given.pages for relation, given in wanted if relation.heap is None}
        contents = self._contents(wanted)
        updates, files = [], []
        for relation, given in wanted:
            number = next(self._numbers) if relation.number else None
            if number is not None:
                pages = heap_pages.get(relation.heap or 0) or self._heap_pages(relation)
                leaf = (leaves or {}).get(relation.oid, ())
                images = _images(relation, given, contents.get(relation.oid, b""), pages, leaf)
                files.append(RelationFile(relation.file(number), given.pages, images))
                if relation.heap is None and given.pages:
                    files.append(RelationFile(f"{relation.file(number)}_vm", 1, {0: skeleton.visibility_map()}))
            if relation.heap is None and number is not None:
                self.sized[relation.oid] = (relation, given, number)
            updates.append((relation.oid, given, number))
        self.files.write(files)
        self._update(updates)

    def empty(self, heaps: Iterable[int]) -> None:
        """Point these tables at their empty files, so that an index build reads nothing."""
        known = [self.sized[heap] for heap in heaps if heap in self.sized]
        self._update([(relation.oid, given, relation.number) for relation, given, _ in known])

    def refill(self, heaps: Iterable[int]) -> None:
        """Point these tables at their sized files again, and restore what index builds reset in `pg_class`."""
        known = [self.sized[heap] for heap in heaps if heap in self.sized]
        self._update([(relation.oid, given, number) for relation, given, number in known])

    def rows(self, heap: int | None) -> float:
        """Return the rows a table was given, 0 when it was given none."""
        found = self.sized.get(heap or 0)
        return found[1].rows if found else 0.0

    def _heap_pages(self, index: Relation) -> int:
        found = self.sized.get(index.heap or 0)
        return found[1].pages if found else 0

    def _contents(self, wanted: Iterable[tuple[Relation, RelationStatistics]]) -> dict[int, bytes]:
        """Return the first pages of the empty indexes: planners read metapages, of some methods the root as well."""
        read = [relation for relation, _ in wanted if relation.heap is not None and relation.number]
        if not read:
            return {}
        if any(relation.method != "btree" for relation in read):
            self.connection.execute("CHECKPOINT")
        rows = self.connection.execute(
            "SELECT oid, pg_read_binary_file(path, 0, %s) FROM unnest(%s::oid[], %s::text[]) AS of (oid, path)",
            (PAGE * _COPIED, [relation.oid for relation in read], [relation.path for relation in read]),
            binary=True,
        ).fetchall()
        return {oid: bytes(page) for oid, page in rows}

    def _update(self, updates: list[tuple[int, RelationStatistics, int | None]]) -> None:
        columns: list[list[Any]] = [[], [], [], [], []]
        for oid, given, number in updates:
            recorded = given.pages if given.recorded_pages is None else given.recorded_pages
            rows = recorded_rows(given.rows, self.connection.info.server_version)
            for column, value in zip(columns, (oid, recorded, rows, given.all_visible, number), strict=True):
                column.append(value)
        self.connection.execute(_UPDATE.encode(), columns)


def recorded_rows(rows: float, version: int) -> float:
    """Return what `reltuples` holds on a server of this version: before 14, nothing known was 0, not -1.

    Only foreign tables are planned by that alone: with 0 pages and 0 rows one that was never analysed gets ten pages.
    """
    return rows if version >= _UNKNOWN_SINCE else max(rows, 0.0)


def _images(
    relation: Relation, given: RelationStatistics, empty: bytes, heap_pages: int, leaf: Sequence[bytes]
) -> dict[int, bytes]:
    """Return the pages to write for an index, given the first pages of the empty one."""
    pages = {n: empty[n * PAGE : (n + 1) * PAGE] for n in range(min(given.pages, len(empty) // PAGE))}
    if not pages:
        return {}
    if relation.method == "btree":
        return skeleton.btree(pages[0], given.height or 0, given.pages, leaf)
    if relation.method == "brin":
        return pages | skeleton.brin(pages[0], heap_pages, given.brin_revmap_pages)
    if relation.method == "gin" and given.gin is not None:
        return pages | skeleton.gin(pages[0], given.gin)
    return pages
