"""`start_twin`: a snapshot in, a running server out that plans like production and holds no row."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.introspect import read_schema
from advisor.catalog.schema import Schema, Table
from advisor.catalog.snapshot import Snapshot, completed, measured
from advisor.catalog.statistics import RelationStatistics, Statistics
from advisor.twin.candidates import Candidates
from advisor.twin.choice import open_host
from advisor.twin.database import create_database, drop_database
from advisor.twin.endpoints import leaf_tuples
from advisor.twin.loading import load_columns
from advisor.twin.providers import Host
from advisor.twin.restore import restore_schema
from advisor.twin.settings import SERVER_SETTINGS, apply_settings
from advisor.twin.sizing import Sizer, read_relations
from advisor.twin.switchboard import Switchboard

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
    binaries: Path | None
    """Folder of psql and pg_dump of the server's own version, where there is one."""

    @property
    def url(self) -> str:
        """Return the twin's database as a URL."""
        return _url(self.conninfo)

    def parameter_types(self, text: str) -> tuple[str, ...]:
        """Return the SQL names of the types the server infers for `$1`…; nothing when it refuses the statement."""
        return self.what_if.parameter_types(text)

    def connect(self) -> psycopg.Connection[Any]:
        """Return a new autocommit superuser connection to the twin."""
        return psycopg.connect(self.conninfo, autocommit=True)


@contextmanager
def start_twin(
    snapshot: Snapshot,
    provider: str = "auto",
    *,
    prepare: Callable[[str], None] | None = None,
    size_of: SizeOf | None = None,
) -> Iterator[Twin]:
    """Start a twin for the length of the `with` block; nothing of it is left behind.

    `prepare` is called with the database's URL after the schema is restored, while every table is empty: it may run
    migrations. `size_of` sizes the indexes it adds. Raises `TwinError` when no server can be started or filled.
    """
    host_manager, notes = open_host(provider, snapshot.major, SERVER_SETTINGS)
    with ExitStack() as stack:
        host = stack.enter_context(host_manager)
        admin = stack.enter_context(_connect(host, "postgres"))
        name = f"twin_{secrets.token_hex(4)}"
        notes += create_database(admin, name, snapshot)
        if not host.ours:
            stack.callback(drop_database, admin, name)
        notes += apply_settings(admin, name, snapshot.settings, snapshot.search_path)
        with _connect(host, name) as restoring:
            notes += restore_schema(restoring, snapshot.schema_sql)
        conninfo = psycopg.conninfo.make_conninfo(**host.parameters, dbname=name)
        if prepare:
            prepare(_url(conninfo))
        connection = stack.enter_context(_connect(host, name))
        planning = stack.enter_context(_connect(host, name))
        yield _fill(snapshot, host, connection, planning, conninfo, notes, size_of)


def _fill(
    snapshot: Snapshot,
    host: Host,
    connection: psycopg.Connection[Any],
    planning: psycopg.Connection[Any],
    conninfo: str,
    notes: Sequence[str],
    size_of: SizeOf | None,
) -> Twin:
    schema = read_schema(connection)
    statistics = completed(snapshot.statistics, schema)
    loading_notes = load_columns(connection, statistics)
    sizer = Sizer(connection, host.files(connection))
    added = _added(schema, statistics, size_of, snapshot.server_version)
    leaves = leaf_tuples(connection, statistics)
    sizes = [
        (relation, given)
        for relation in read_relations(connection)
        if (given := statistics.relations.get(relation.key) or added.get(relation.key))
    ]
    sizer.size(sizes, leaves)
    return Twin(
        schema=measured(schema, statistics),
        statistics=statistics,
        what_if=Switchboard(planning, Candidates(connection, sizer)),
        description=host.description,
        notes=(*notes, *loading_notes),
        snapshot=snapshot,
        conninfo=conninfo,
        binaries=host.binaries,
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


def _connect(host: Host, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(psycopg.conninfo.make_conninfo(**host.parameters, dbname=database), autocommit=True)


def _url(conninfo: str) -> str:
    """Return connection parameters as a URL that psql, psycopg and SQLAlchemy read."""
    from urllib.parse import quote, urlencode

    given = {name: str(value) for name, value in psycopg.conninfo.conninfo_to_dict(conninfo).items()}
    user, password, database = given.pop("user", ""), given.pop("password", ""), given.pop("dbname", "")
    secret = f":{quote(password, safe='')}" if password else ""
    return f"postgresql://{quote(user, safe='')}{secret}@/{quote(database, safe='')}?{urlencode(sorted(given.items()))}"
