"""Settings: production's planner settings on the twin, and what a twin needs of its server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from advisor.catalog.search_path import LISTS, members

PLANNER_SETTINGS = frozenset({
    "constraint_exclusion", "cpu_index_tuple_cost", "cpu_operator_cost", "cpu_tuple_cost", "cursor_tuple_fraction",
    "DateStyle", "default_text_search_config", "effective_cache_size", "effective_io_concurrency",
    "from_collapse_limit", "hash_mem_multiplier", "IntervalStyle", "join_collapse_limit", "maintenance_work_mem",
    "max_parallel_workers", "max_parallel_workers_per_gather", "min_parallel_index_scan_size",
    "min_parallel_table_scan_size", "parallel_leader_participation", "parallel_setup_cost", "parallel_tuple_cost",
    "random_page_cost", "recursive_worktable_factor", "row_security", "search_path", "seq_page_cost", "TimeZone",
    "transform_null_equals", "work_mem",
})  # fmt: skip
"""Settings by name that change plans or the meaning of a literal; also all that start as below."""

_PREFIXES = ("enable_", "geqo", "jit")

SERVER_SETTINGS: Mapping[str, str] = {
    "max_locks_per_transaction": "1024",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "bgwriter_lru_maxpages": "0",
    "checkpoint_timeout": "1d",
    "temp_file_limit": "1GB",
}
"""What a server of our own gets: room for partitioned schemas, no background work, and an end to temporary files."""


def matters(name: str) -> bool:
    """Return whether a setting can change a plan."""
    return name in PLANNER_SETTINGS or name.startswith(_PREFIXES)


def may_be_set(name: str) -> bool:
    """Return whether a snapshot may set this for a role: what changes plans, and what only policies read.

    Never what makes a session load a library: it would be set by a superuser, so that no server refuses it.
    """
    return matters(name) or name.lower() in ("search_path", "role") or "." in name


def apply_settings(connection: psycopg.Connection[Any], database: str, settings: Mapping[str, str]) -> list[str]:
    """Make production's planner settings the database's own; return a note for each the server refused."""
    wanted = {name: value for name, value in sorted(settings.items()) if matters(name)}
    known = connection.execute("SELECT name FROM pg_settings WHERE name = ANY(%s)", [list(wanted)]).fetchall()
    notes = [f"setting {name} is unknown to this server version" for name in sorted({*wanted} - {n for (n,) in known})]
    for (name,) in sorted(known):
        try:
            set_for_database(connection, database, name, wanted[name])
        except psycopg.Error as error:
            notes.append(f"setting {name} = {wanted[name]} refused: {error.diag.message_primary}")
    return notes


def set_for_database(
    connection: psycopg.Connection[Any], database: str, name: str, value: str, role: str | None = None
) -> None:
    """Set a setting, written as `SHOW` prints it, for a database, or for a role in it; raises `psycopg.Error`."""
    listed = name.lower() in LISTS
    written = sql.SQL(", ").join(map(sql.Literal, members(value))) if listed else sql.Literal(value)
    _alter(connection, database, name, written, role)


def _alter(
    connection: psycopg.Connection[Any], database: str, name: str, value: sql.Composable, role: str | None = None
) -> None:
    whose = sql.SQL("ALTER DATABASE {}").format(sql.Identifier(database))
    if role:
        whose = sql.SQL("ALTER ROLE {} IN DATABASE {}").format(sql.Identifier(role), sql.Identifier(database))
    # A name of two parts (app.tenant) is written as two identifiers.
    statement = sql.SQL("{} SET {} TO {}").format(whose, sql.Identifier(*name.split(".")), value)
    connection.execute(statement)
