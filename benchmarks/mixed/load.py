"""A mixture on a real server: roles, tables, rows, ANALYZE, and what came after it."""

from __future__ import annotations

import contextlib
from random import Random

import psycopg
from psycopg import sql

from advisor.twin.servers.server import Server
from benchmarks.mixed.template import Mixture, mixture

ROLES = {"mixed_owner": "owner", "mixed_policy": "under policies", "mixed_bypass": "BYPASSRLS"}
"""The owner of everything, a role under policies, and one that none holds for, and what they are called in the table."""
_ROLES = """
CREATE ROLE mixed_owner LOGIN;
CREATE ROLE mixed_group;
CREATE ROLE mixed_policy LOGIN IN ROLE mixed_group;
CREATE ROLE mixed_bypass LOGIN BYPASSRLS;
ALTER ROLE mixed_policy SET random_page_cost = {cost};
ALTER ROLE mixed_policy SET search_path = mix, public;
ALTER ROLE mixed_policy SET app.tenant = '{tenant}';
ALTER ROLE mixed_bypass SET work_mem = '{memory}kB';
ALTER ROLE mixed_bypass SET enable_hashjoin = {hash};
"""
_IN_PLACE_SINCE = 150000
_TABLESPACES = (
    "SET allow_in_place_tablespaces = on",
    "CREATE TABLESPACE mixed_slow LOCATION ''",
    "CREATE TABLESPACE mixed_fast LOCATION ''",
    "ALTER TABLESPACE mixed_slow SET (seq_page_cost = 3, random_page_cost = 9)",
    "ALTER TABLESPACE mixed_fast SET (seq_page_cost = 0.4, random_page_cost = 0.5)",
)
_SETTINGS = {
    "cpu_tuple_cost": ["0.01", "0.02"],
    "effective_cache_size": ["64MB", "4GB"],
    "enable_partitionwise_join": ["on", "off"],
    "enable_partitionwise_aggregate": ["on", "off"],
    "min_parallel_table_scan_size": ["0", "8MB"],
    "parallel_setup_cost": ["0", "1000"],
    "max_parallel_workers_per_gather": ["0", "2", "5"],
    "join_collapse_limit": ["2", "8"],
    "geqo_threshold": ["4", "12"],
    "jit": ["on", "off"],
    "constraint_exclusion": ["on", "partition"],
    "cursor_tuple_fraction": ["0.1", "0.5"],
    "enable_memoize": ["on", "off"],
    "enable_incremental_sort": ["on", "off"],
    "DateStyle": ["ISO, MDY", "SQL, DMY"],
    "work_mem": ["256kB", "4MB"],
}
"""Settings of the database, by chance."""
_OWN = """
DO $$
DECLARE thing record;
BEGIN
    FOR thing IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('mix', 'Other Schema') AND c.relkind IN ('r', 'p', 'v', 'm') LOOP
        EXECUTE format('ALTER %s %s OWNER TO mixed_owner',
                       CASE thing.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, thing.name);
    END LOOP;
END $$;
ALTER VIEW mix.of_policy OWNER TO mixed_policy;
ALTER VIEW mix.of_bypass OWNER TO mixed_bypass;
GRANT USAGE ON SCHEMA mix, "Other Schema" TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA mix, "Other Schema" TO PUBLIC;
"""


def facilities(connection: psycopg.Connection) -> set[str]:
    """Return what this server can do beyond the common ground."""
    found = {"invoker", "tablespace"} if connection.info.server_version >= _IN_PLACE_SINCE else set()
    if connection.execute("SELECT FROM pg_available_extensions WHERE name = 'ltree'").fetchall():
        found.add("contrib")
    with contextlib.suppress(psycopg.Error), connection.transaction(force_rollback=True):
        connection.execute("CREATE COLLATION tried (provider = icu, locale = 'de-u-co-phonebk')")
        found.add("icu")
    return found


def load(server: Server, database: str, seed: int, share: float = 1.0) -> Mixture:
    """Make a database of this name and fill it with this share of the rows; roles and tablespaces are made where they are missing."""
    rng = Random(f"schema {seed}")
    with server.connect() as connection:
        _prepare(connection, sql.Identifier(database), rng)
    with server.connect(database) as connection:
        made = mixture(rng, facilities(connection), share)
        connection.execute("SET synchronous_commit = on")  # else VACUUM dare not call pages of fresh rows all-visible
        connection.execute("CREATE SCHEMA mix AUTHORIZATION mixed_owner")
        for statement in (made.schema, "VACUUM", "ANALYZE", *made.late, _OWN, "CHECKPOINT"):  # metapages reach the disk
            connection.execute(statement.encode())
    return made


def _prepare(connection: psycopg.Connection, name: sql.Identifier, rng: Random) -> None:
    """Make roles, tablespaces and the empty database with settings of its own."""
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [next(iter(ROLES))]).fetchall():
        chosen = {"cost": rng.choice([1.1, 2, 7]), "tenant": rng.randint(0, 90), "memory": rng.choice([64, 1024, 20000]),
                  "hash": rng.choice(["on", "off"])}  # fmt: skip
        connection.execute(_ROLES.format(**chosen).encode())
        for statement in _TABLESPACES if connection.info.server_version >= _IN_PLACE_SINCE else ():
            connection.execute(statement)
    connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    for setting, values in _SETTINGS.items():
        statement = sql.SQL("ALTER DATABASE {} SET {} = {}")
        connection.execute(statement.format(name, sql.Identifier(setting), rng.choice(values)))
    connection.execute(sql.SQL('ALTER DATABASE {} SET search_path = "Other Schema", mix').format(name))
