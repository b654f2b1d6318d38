"""`start_twin`: a snapshot in, a running server out that plans like production and holds no row."""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from advisor.capture.conninfo import url_of
from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.live.introspect import read_schema
from advisor.catalog.schema import Schema, Table
from advisor.catalog.snapshot import Snapshot, completed, measured
from advisor.catalog.snapshot_model import Override
from advisor.catalog.statistics import RelationStatistics, Statistics
from advisor.twin.contents.endpoints import leaf_tuples
from advisor.twin.contents.extended_loading import load_extended
from advisor.twin.contents.loading import load_columns
from advisor.twin.contents.sizing import Sizer, read_relations
from advisor.twin.costing.board import Board
from advisor.twin.costing.switchboard import Switchboard
from advisor.twin.provider_choice import open_host
from advisor.twin.restoring.object_order import ranks_of
from advisor.twin.restoring.restore import restore_schema
from advisor.twin.restoring.restore_roles import (
    give_away,
    make_roles,
    open_to_all,
    roles_of,
    set_for_roles,
    without_access,
)
from advisor.twin.restoring.tablespaces import place
from advisor.twin.servers.environment import connect
from advisor.twin.servers.host import Host
from advisor.twin.servers.rights import Sessions, drop_role, make_owner, open_database, prepare_database
from advisor.twin.servers.server_settings import SERVER_SETTINGS, apply_settings, set_for_database
from advisor.twin.servers.twin_database import copy_database, create_database, drop_database
from advisor.twin.servers.watchdog import Watchdog

_BOARDS = 4
"""Databases that may plan side by side, at most."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of a database before statistics are loaded."""

    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings that it was given."""
    statistics: Statistics | None = None
    """Those of its tables as they are now, where they differ."""
    notes: tuple[str, ...] = ()
    overrides: tuple[Override, ...] | None = None
    """Settings of roles, where they differ."""


SizeOf = Callable[[IndexDefinition, Table, Statistics, int], IndexSize]
"""Estimates an index that the snapshot does not know: definition, table, statistics, server version."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A running twin."""

    schema: Schema
    """The twin's structure with the snapshot's sizes and scan counts."""
    statistics: Statistics
    what_if: Switchboard
    description: str
    """Server version and provider, for example `PostgreSQL 18.6 (embedded)`."""
    notes: tuple[str, ...]
    """What differs from production: skipped objects, refused settings, another version."""
    snapshot: Snapshot
    """What it was made from."""
    conninfo: str
    """Of its database, as the owner of the schema: a role without rights."""
    superuser: str
    """Of its database, as superuser: for reading its catalog and for scratch databases beside it."""
    binaries: Path | None
    """Folder of psql and pg_dump of the server's own version, where there is one."""

    @property
    def url(self) -> str:
        """Return the twin's database as a URL, for the owner of the schema."""
        return _url(self.conninfo)

    @property
    def superuser_url(self) -> str:
        """Return the same for the superuser."""
        return _url(self.superuser)

    def parameter_types(self, text: str, search_path: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return the SQL names of the types the server infers for `$1`…; nothing when it refuses the statement."""
        return self.what_if.parameter_types(text, search_path)

    def connect(self) -> psycopg.Connection[Any]:
        """Return a new autocommit connection to the twin, of the owner of the schema."""
        return connect(self.conninfo, autocommit=True)


Sizes = Mapping[tuple[str, str], RelationStatistics]
"""Sizes of tables and indexes, by schema and name."""


class _Maker:
    """Makes the twin's databases on a host: one with schema and statistics, and sized copies of it to plan on."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.name = f"twin_{secrets.token_hex(4)}"
        self._stack = ExitStack()
        self._copies = itertools.count(1)
        self.changed: Mapping[str, str] = {}
        """Settings that migrations gave the database."""

    def __enter__(self) -> _Maker:
        self._admin = self._stack.enter_context(self.connect("postgres"))
        self._stack.enter_context(Watchdog(lambda: self.connect("postgres"), self.name))
        make_owner(self._admin, self.host.owner, self.host.secret)
        self._dropped_at_the_end(self.host.owner)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def conninfo(self, database: str | None = None, role: str | None = None) -> str:
        """Return connection parameters of a database (the first one) for a role (the owner)."""
        parameters = {**self.host.login(role), "dbname": database or self.name, "client_encoding": "utf8"}
        return psycopg.conninfo.make_conninfo(**parameters)

    def _dropped_at_the_end(self, role: str) -> None:
        if not self.host.ours:
            self._stack.callback(drop_role, self._admin, role)

    def superuser(self, database: str | None = None) -> str:
        """Return connection parameters of a database (the first one) for the superuser."""
        parameters = {**self.host.parameters, "dbname": database or self.name, "client_encoding": "utf8"}
        return psycopg.conninfo.make_conninfo(**parameters)

    def connect(self, database: str | None = None) -> psycopg.Connection[Any]:
        """Return a new autocommit connection of the superuser."""
        return connect(self.superuser(database), autocommit=True, options="-c search_path=pg_catalog")

    def login(self, database: str | None = None, role: str | None = None) -> psycopg.Connection[Any]:
        """Return a new autocommit connection of a role of production (the owner).

        Raises `psycopg.OperationalError` for one that the twin did not make.
        """
        if role is not None and role not in self._names:
            raise psycopg.OperationalError("the snapshot has no such role")
        here = None if role is None else self._names[role]
        return connect(self.conninfo(database, here), autocommit=True)

    def create(self, snapshot: Snapshot) -> list[str]:
        """Create the first database with production's settings and schema; return notes."""
        self._snapshot = snapshot
        self._names, notes = make_roles(self._admin, roles_of(snapshot), self.host.secret)
        for role in self._names.values():
            self._dropped_at_the_end(role)
        notes += create_database(self._admin, self.name, snapshot)
        if not self.host.ours:
            self._stack.callback(drop_database, self._admin, self.name)
        notes += self._apply(self.name)
        with self.connect() as connection, Sessions(connection, self.login) as sessions:
            prepare_database(connection, self.host.owner)
            notes += restore_schema(sessions, snapshot.restorable_sql, ranks_of(snapshot.statistics))
            _invalidate(connection, snapshot.statistics)
            give_away(connection, snapshot.owners, self._names, self.host.owner)
            return notes + place(self._admin, connection, snapshot.tablespaces, ours=self.host.ours)

    def follow(self, snapshot: Snapshot) -> None:
        """Give the databases made from now on the settings that the roles of this snapshot have."""
        self._snapshot = snapshot

    def copy(self) -> str:
        """Copy the first database, to which nobody may be connected, and return the copy's name."""
        name = f"{self.name}_{next(self._copies)}"
        copy_database(self._admin, self.name, name)
        self._apply(name)
        return name

    def board(
        self, database: str, sizes: Sizes, leaves: Mapping[int, Sequence[bytes]], statistics: Statistics
    ) -> Board:
        """Size a database and make it ready to be planned on."""
        connection = self._stack.enter_context(self.connect(database))
        sizer = Sizer(connection, self.host.files(connection))
        relations = read_relations(connection)
        sizer.size([(found, sizes[found.key]) for found in relations if found.key in sizes], leaves)
        return Board(connection, lambda role: self._stack.enter_context(self.login(database, role)), sizer, statistics)

    def _apply(self, database: str) -> list[str]:
        open_database(self._admin, database, self.host.owner)
        set_for_database(self._admin, database, "ignore_checksum_failure", "on")
        notes = apply_settings(self._admin, database, {**self._snapshot.settings_of_database, **self.changed})
        return [*notes, *set_for_roles(self._admin, database, self._snapshot, self._names)]


@contextmanager
def start_twin(
    snapshot: Snapshot,
    provider: str = "auto",
    *,
    prepare: Callable[[str, str], Prepared | None] | None = None,
    size_of: SizeOf | None = None,
) -> Iterator[Twin]:
    """Start a twin for the length of the `with` block; nothing of it is left behind.

    `prepare` is called with the database's URLs, of the owner and of the superuser, after the schema is restored, while
    every table is empty: it may run migrations, and returns what it changed. `size_of` sizes the
    indexes it adds. Raises `TwinError` when no server can be started or filled.
    """
    with ExitStack() as stack:
        host, notes = open_host(stack, provider, snapshot.major, SERVER_SETTINGS)
        maker = stack.enter_context(_Maker(host))
        notes += maker.create(snapshot)
        if prepare:
            prepared = prepare(_url(maker.conninfo()), _url(maker.superuser())) or Prepared()
            maker.changed = prepared.settings
            notes += prepared.notes
            overrides = snapshot.overrides if prepared.overrides is None else prepared.overrides
            snapshot = replace(snapshot, statistics=prepared.statistics or snapshot.statistics, overrides=overrides)
            maker.follow(snapshot)
        yield _fill(snapshot, maker, notes, size_of)


def _fill(snapshot: Snapshot, maker: _Maker, notes: Sequence[str], size_of: SizeOf | None) -> Twin:
    with maker.connect() as connection, Sessions(connection, maker.login) as sessions:
        schema = read_schema(sessions.owner)
        statistics = completed(snapshot.statistics, schema)
        guarded = [f"{one.schema}.{one.name}" for _, one in sorted(schema.tables.items()) if one.row_security]
        open_to_all(connection)
        notes = [*notes, *without_access(guarded, snapshot), *load_columns(sessions, statistics)]
        notes += load_extended(sessions, statistics)
        leaves = leaf_tuples(sessions, statistics)
    sizes = {**_added(schema, statistics, size_of, snapshot.server_version), **statistics.relations}
    many = maker.host.ours
    database = maker.copy() if many else maker.name
    return Twin(
        schema=measured(schema, statistics),
        statistics=statistics,
        what_if=Switchboard(
            maker.board(database, sizes, leaves, statistics),
            (lambda: maker.board(maker.copy(), sizes, leaves, statistics)) if many else None,
            min(_BOARDS, os.cpu_count() or 1),
        ),
        description=maker.host.description,
        notes=tuple(notes),
        snapshot=snapshot,
        conninfo=maker.conninfo(database),
        superuser=maker.superuser(database),
        binaries=maker.host.binaries,
    )


def _invalidate(connection: psycopg.Connection[Any], statistics: Statistics) -> None:
    """Make invalid again what is invalid in production, so that no plan uses it."""
    for schema, name in sorted(statistics.invalid_indexes):
        connection.execute(
            "UPDATE pg_index SET indisvalid = false FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.oid = indexrelid AND n.nspname = %s AND c.relname = %s",
            (schema, name),
        )


def _added(
    schema: Schema, statistics: Statistics, size_of: SizeOf | None, version: int
) -> dict[tuple[str, str], RelationStatistics]:
    """Return the sizes of indexes that the snapshot does not know."""
    added: dict[tuple[str, str], RelationStatistics] = {}
    for table in schema.tables.values() if size_of else ():
        for index in table.indexes:
            key = index.definition.schema, index.name
            if key not in statistics.relations and not index.partitioned and size_of:
                size = size_of(index.definition, table, statistics, version)
                added[key] = RelationStatistics(rows=size.tuples, pages=size.pages, height=size.height)
    return added


def _url(conninfo: str) -> str:
    """Return connection parameters as a URL that psql, psycopg and SQLAlchemy read."""
    return url_of(psycopg.conninfo.conninfo_to_dict(conninfo))
