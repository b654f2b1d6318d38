"""`rows_database`: a snapshot in, a database with synthetic rows out, for the length of a `with` block."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from advisor.catalog.live.introspect import read_schema
from advisor.catalog.schema import Column, Constraint, Schema, Table
from advisor.catalog.snapshot_model import Snapshot
from advisor.catalog.statistics import Statistics
from advisor.twin.restoring.object_order import ranks_of
from advisor.twin.restoring.restore import restore_schema
from advisor.twin.servers.rights import Sessions
from advisor.verify.rows.copying import copy_rows
from advisor.verify.rows.made_table import MadeTable, made_table
from advisor.verify.rows.planned_columns import PlannedColumns, held
from advisor.verify.rows.row_counts import Key, ancestors, filled_tables, leaves, row_counts
from advisor.verify.rows.split_dump import before_and_after
from advisor.verify.rows.typed_server import TypedServer
from advisor.verify.rows.value_pool import Numbers, unescaped
from advisor.verify.running.scratch import Scratch, scratch_database

_SEQUENCE = re.compile(r"nextval\('((?:[^']|'')+)'::regclass\)")
_VISIBLE = 0.5
"""Share of all-visible pages from which on a table is vacuumed: the map of the new one knows all or nothing."""


@dataclass(frozen=True, slots=True)
class RowsDatabase:
    """A database with rows of ours."""

    scratch: Scratch
    rows: Mapping[Key, int]
    """Rows of each table."""
    notes: tuple[str, ...]
    """What of the statistics the rows do not follow, and what could not be built on them."""


@contextlib.contextmanager
def rows_database(
    url: str, snapshot: Snapshot, schema: Schema, statistics: Statistics, largest: int, seed: int = 1
) -> Iterator[RowsDatabase]:
    """Make the database on the server of `url`, a superuser's; drop it however we end.

    `schema` and `statistics` are the twin's: complete. The largest table gets `largest` rows, or as many as it has
    in production, the others in proportion. The same snapshot and seed give the same rows. Raises `ProofError` when the
    server cannot be used.
    """
    first, second = before_and_after(snapshot.schema_sql)
    with scratch_database(url, first, snapshot.settings_of_database) as scratch:
        with scratch.login() as owner:
            _set_up(owner, snapshot)
            loaded = _load(owner, schema, statistics, row_counts(schema, statistics, largest), seed)
        notes = [*scratch.notes, *loaded.notes, *_build(scratch, second, statistics)]
        _finish(scratch, statistics)
        yield RowsDatabase(scratch, loaded.rows, tuple(dict.fromkeys(notes)))


def _set_up(owner: psycopg.Connection[Any], snapshot: Snapshot) -> None:
    """Read values as the snapshot wrote them, and in a session that may take its time."""
    owner.execute(
        "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET statement_timeout = 0; SET client_min_messages = error"
    )


@dataclass(frozen=True, slots=True)
class _Loaded:
    rows: Mapping[Key, int]
    notes: Sequence[str]


def _load(
    owner: psycopg.Connection[Any], schema: Schema, statistics: Statistics, counts: Mapping[Key, int], seed: int
) -> _Loaded:
    """Make and copy the rows of every table, parents first; a table that cannot be filled is named."""
    here = read_schema(owner)
    planned = PlannedColumns(_constrained(here, schema), statistics, counts, TypedServer(owner), seed)
    _loosen(owner, here)
    made: dict[Key, MadeTable] = {}
    rows: dict[Key, int] = {}
    notes: list[str] = []
    needed = _pointed_at(planned.schema)
    wanted = [one for one in filled_tables(planned.schema) if counts.get((one.schema, one.name))]
    for table in _parents_first(planned.schema, wanted):
        key = table.schema, table.name
        found = made_table(table, planned, made)
        notes += found.notes
        rows[key] = found.rows
        if found.rows < counts[key]:
            planned.present |= {(key, name): held(found.values[name], codes) for name, codes in found.codes.items()}
        try:
            copy_rows(owner, sql.Identifier(*key), found.values, found.codes)
        except psycopg.Error as error:
            rows[key] = 0
            notes.append(f"{table.schema}.{table.name} stays empty: {error.diag.message_primary or error}")
            continue
        _set_sequences(owner, found)
        if key in needed:
            made[key] = found
    return _Loaded(rows, [*planned.notes, *notes])


def _pointed_at(schema: Schema) -> set[Key]:
    """Return the tables whose rows must be remembered: those that foreign keys of several columns point at."""
    found: set[Key] = set()
    for table in schema.tables.values():
        for one in table.constraints:
            if one.kind == "foreign" and len(one.columns) > 1 and one.references:
                target = schema.tables.get(one.references)
                below = leaves(schema, target) if target else ()
                found |= {one.references, *((leaf.schema, leaf.name) for leaf in below)}
    return found


def _constrained(here: Schema, whole: Schema) -> Schema:
    """Return the tables that are here with the keys and indexes that they will have."""
    tables = {}
    for key, table in here.tables.items():
        known = whole.tables.get(key)
        tables[key] = replace(
            table, constraints=tuple(_own(whole, known)), indexes=known.indexes,
            extended_statistics=known.extended_statistics,
        ) if known else table  # fmt: skip
    return replace(here, tables=tables)


def _own(schema: Schema, table: Table) -> Iterator[Constraint]:
    """Yield the constraints of a table without the copies that the server keeps for the partitions pointed at."""
    whole = {(one.columns, one.references) for one in table.constraints if one.kind == "foreign"}
    for one in table.constraints:
        target = schema.tables.get(one.references) if one.references else None
        above = [(one.columns, (root.schema, root.name)) for root in ancestors(schema, target)] if target else []
        if not whole & {*above}:
            yield one


def _loosen(owner: psycopg.Connection[Any], here: Schema) -> None:
    """Drop foreign keys that the dump has within its tables: rows of circles could not come, one by one is too slow."""
    for key, table in sorted(here.tables.items()):
        for one in table.constraints:
            if one.kind == "foreign" and table.kind in ("table", "partitioned"):
                with contextlib.suppress(psycopg.Error):
                    name = sql.Identifier(one.name)
                    owner.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(*key), name))


def _parents_first(schema: Schema, tables: Sequence[Table]) -> list[Table]:
    """Return tables so that what a foreign key points at, or its partitions, comes first; circles as they are."""
    by_key = {(table.schema, table.name): table for table in tables}
    done: dict[Key, Table] = {}
    open_tables: set[Key] = set()

    def visit(key: Key) -> None:
        if key in done or key in open_tables or key not in by_key:
            return
        open_tables.add(key)
        for one in by_key[key].constraints:
            target = schema.tables.get(one.references) if one.references else None
            for needed in (target, *leaves(schema, target)) if target else ():
                visit((needed.schema, needed.name))
        done[key] = by_key[key]

    for key in by_key:
        visit(key)
    return list(done.values())


def _set_sequences(owner: psycopg.Connection[Any], made: MadeTable) -> None:
    """Let the sequences of a table go on after its rows."""
    for column in made.table.columns:
        named = _SEQUENCE.search(column.default or "")
        if not (column.identity or named) or not made.rows:
            continue
        top = _highest(made, column)
        with contextlib.suppress(psycopg.Error):
            if named:
                owner.execute("SELECT setval(%s::regclass, %s)", [named[1].replace("''", "'"), top])
            else:
                query = "SELECT setval(pg_get_serial_sequence(%s, %s), %s)"
                owner.execute(query, [made.table.qualified, column.name, top])


def _highest(made: MadeTable, column: Column) -> int:
    values, used = made.values[column.name], np.unique(made.codes[column.name])
    if isinstance(values, Numbers):
        return max(1, int(values.ticks[used[-1]]))
    return max(
        (int(unescaped(one)) for one in values.take(used[used >= 0][-1:]) if one.lstrip("-").isdigit()), default=1
    )


def _build(scratch: Scratch, script: str, statistics: Statistics) -> list[str]:
    """Build keys and indexes on the rows, as the owner; return a note for what the rows do not allow."""
    with scratch.connect() as superuser, Sessions(superuser, scratch.login) as sessions:
        sessions.setup += ["SET statement_timeout = 0", "SET maintenance_work_mem = '256MB'"]
        return restore_schema(sessions, script, ranks_of(statistics))


def _finish(scratch: Scratch, statistics: Statistics) -> None:
    """Analyse all, fill materialised views, and mark pages all-visible where production's are."""
    with scratch.login() as owner:
        schema = read_schema(owner)
        for key, table in sorted(schema.tables.items()):
            name = sql.Identifier(*key)
            with contextlib.suppress(psycopg.Error):
                if table.kind == "matview":
                    owner.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(name))
                if table.kind in ("table", "matview"):
                    known = statistics.relations.get(key)
                    visible = known is None or known.all_visible >= _VISIBLE * known.pages
                    owner.execute(sql.SQL("VACUUM (ANALYZE) {}" if visible else "ANALYZE {}").format(name))
        for key, table in sorted(schema.tables.items()):
            if table.kind == "partitioned":
                with contextlib.suppress(psycopg.Error):
                    owner.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(*key)))
