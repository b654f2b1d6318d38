"""`advisor migrate --check`: who would make a concurrent build wait or fail on this server, now.

Who is waited for comes from `sql/preflight.sql`, the text that psql runs, too. Sources: PostgreSQL's manual on CREATE
INDEX, "Building Indexes Concurrently", and on the views `pg_stat_progress_create_index` and `pg_stat_replication`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from advisor.capture.read_only_session import read_only_session
from advisor.catalog.index import IndexDefinition
from advisor.catalog.live.export_queries import export_folder
from advisor.indexes.proposal import IndexProposal
from advisor.revisions.deploy.builds import builds
from advisor.revisions.deploy.known_bugs import version_obstacles
from advisor.revisions.deploy.obstacle import Obstacle

Connection = psycopg.Connection[Any]

DUPLICATES_SECONDS = 30
"""What the search for duplicates of one unique index may take."""
_LAG_BYTES = 64 << 20
_REPLICAS = """
SELECT coalesce(nullif(application_name, ''), client_addr::text, 'a replica'), state,
       pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint,
       pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))
  FROM pg_stat_replication ORDER BY 1
"""
_SLOTS = """
SELECT slot_name, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM pg_replication_slots
 WHERE NOT active AND restart_lsn IS NOT NULL ORDER BY 1
"""
_FACTS = """
SELECT current_setting('server_version_num')::integer, pg_is_in_recovery(), current_setting('wal_level'),
       CASE WHEN inet_server_addr() IS NULL AND pg_has_role('pg_read_all_settings', 'MEMBER')
            THEN current_setting('data_directory') END
"""


def preflight(url: str, proposals: Sequence[IndexProposal] = ()) -> list[Obstacle]:
    """Return what stands in the way of these builds, the gravest first; raises `ServerError`.

    Without proposals, what stands in the way of any.
    """
    with read_only_session(url) as connection:
        found = [*_server(connection, proposals), *_waited_for(connection), *_leftovers(connection, proposals)]
        found += [*_running(connection), *_replicas(connection)]
    for proposal in proposals:  # each in a short transaction of its own: a snapshot that is kept is waited for
        if proposal.action != "drop" and proposal.definition.unique:
            found += _duplicates(url, proposal)
    order = ("stop", "wait", "note")
    return sorted(found, key=lambda obstacle: order.index(obstacle.level))


@cache
def _texts() -> tuple[str, str]:
    """Return the statements of `sql/preflight.sql`: who is waited for, and INVALID leftovers."""
    text = (export_folder().parent / "preflight.sql").read_text(encoding="utf-8")
    waited, leftovers = text.split(";\n\n", 1)
    return waited, leftovers.rstrip().removesuffix(";")


def _server(connection: Connection, proposals: Sequence[IndexProposal]) -> Iterator[Obstacle]:
    row = connection.execute(_FACTS.encode()).fetchone()
    assert row is not None
    version, standby, wal_level, folder = row
    yield from version_obstacles(version)
    if standby:
        yield Obstacle("stop", "this server is a standby: nothing can be built on it", "give the primary's URL")
    yield from _disk(proposals, wal_level, folder)


def _disk(proposals: Sequence[IndexProposal], wal_level: str, folder: str | None) -> Iterator[Obstacle]:
    """Yield what the builds need of the disk, and whether it is there where that can be known."""
    sizes = [proposal.size.bytes for proposal in proposals if proposal.action != "drop"]
    if not sizes:
        return
    wal = sum(sizes) if wal_level != "minimal" else 0.0
    needed = sum(sizes) + wal + max(sizes)
    told = f"{_size(sum(sizes))} of indexes, up to {_size(wal)} of WAL, {_size(max(sizes))} to sort"
    free = _free(folder)
    if free is None:
        do = f"have {_size(needed)} free on the server, and as much WAL on each replica"
        yield Obstacle("note", f"needed: {told}; PostgreSQL does not tell how much disk is free", do)
    elif free < needed:
        yield Obstacle("stop", f"needed: {told}; free: {_size(free)}", f"make {_size(needed - free)} of room first")
    else:
        yield Obstacle("note", f"needed: {told}; free: {_size(free)}")


def _free(folder: str | None) -> float | None:
    """Return the free bytes of a data directory on this machine, `None` when it is not here or not known."""
    if folder is None or not Path(folder).is_dir():
        return None
    found = os.statvfs(folder)
    return float(found.f_bavail * found.f_frsize)


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 10_000:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"


def _waited_for(connection: Connection) -> Iterator[Obstacle]:
    for why, session, application, state, since in connection.execute(_texts()[0].encode()).fetchall():
        who = f"session {session} ({application or 'no application name'}, {state or 'state unknown'})"
        if why == "is a prepared transaction":
            gid = sql.Literal(session).as_string(None)
            do = f"COMMIT PREPARED {gid} or ROLLBACK PREPARED {gid}: nobody else ends it"
            yield Obstacle("wait", f"prepared transaction {session} of {application}, {since} old", do)
        else:
            yield Obstacle("wait", f"{who} {why}, for {since}", f"wait, or SELECT pg_terminate_backend({session})")


def _leftovers(connection: Connection, proposals: Sequence[IndexProposal]) -> Iterator[Obstacle]:
    ours = {proposal.name for proposal in proposals}
    now_built = {build.index for build in builds(connection)}
    for index, table, size, taxed in connection.execute(_texts()[1].encode()).fetchall():
        name = index.rpartition(".")[2].strip('"')
        if name in now_built:
            continue
        cost = ", written to by every write" if taxed else ""
        do = "the revision removes it" if name in ours else f"DROP INDEX CONCURRENTLY {index}"
        yield Obstacle("note", f"INVALID index {index} on {table} ({size}{cost}): left by a build that was cut off", do)


def _running(connection: Connection) -> Iterator[Obstacle]:
    for build in builds(connection):
        yield Obstacle(
            "wait", f"session {build.pid} runs {build.command} on {build.table}: {build.phase}", "wait for it"
        )


def _replicas(connection: Connection) -> Iterator[Obstacle]:
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    if row and row[0]:
        return
    for name, state, behind, shown in connection.execute(_REPLICAS.encode()).fetchall():
        late = behind is None or behind > _LAG_BYTES
        do = "let it catch up: a build writes as much WAL as the index is large" if late else ""
        yield Obstacle(
            "wait" if late else "note", f"replica {name} ({state}) is {shown or 'an unknown lag'} behind", do
        )
    for slot, kept in connection.execute(_SLOTS.encode()).fetchall():
        do = "start its consumer, or drop it: the WAL of the build is kept, too"
        yield Obstacle("note", f"replication slot {slot} is not in use and keeps {kept} of WAL", do)


def _duplicates(url: str, proposal: IndexProposal) -> Iterator[Obstacle]:
    definition = proposal.definition
    with read_only_session(url) as connection:
        connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(f"{DUPLICATES_SECONDS}s"))
        try:
            doubled = connection.execute(duplicates_query(definition)).fetchone()
        except psycopg.errors.QueryCanceled:
            do = "look for duplicates at a quieter time"
            yield Obstacle("note", f"{proposal.name}: no time to look for duplicates ({DUPLICATES_SECONDS} s)", do)
            return
    if doubled is not None:
        named = ", ".join(key.expression for key in definition.keys)
        do = "remove all but one row of each first; a unique build fails at the first pair"
        yield Obstacle("stop", f"{proposal.name}: {definition.qualified_table} holds duplicates of ({named})", do)


def duplicates_query(definition: IndexDefinition) -> sql.Composed:
    """Return the query for a pair of rows that a unique index of this definition would refuse; NULLs are distinct."""
    keys = [sql.SQL(key.expression) for key in definition.keys]  # as the server printed it
    conditions = [sql.SQL("({}) IS NOT NULL").format(key) for key in keys]
    if definition.where:
        conditions.append(sql.SQL("({})").format(sql.SQL(definition.where)))
    return sql.SQL("SELECT FROM {table} WHERE {conditions} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1").format(
        table=sql.Identifier(definition.schema, definition.table),
        conditions=sql.SQL(" AND ").join(conditions),
        keys=sql.SQL(", ").join(sql.SQL("({})").format(key) for key in keys),
    )
