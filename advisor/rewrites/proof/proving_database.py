"""The throw-away database in which rewrites are run: the schema with rows of ours, and a role that may only use tables.

Statements come from files that may be hostile: they run as a login without any right but on the tables, each for a
tenth of a second at most, in transactions that are rolled back.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from advisor.catalog.live.introspect import read_schema
from advisor.catalog.schema import Column, Schema, Table
from advisor.catalog.snapshot_model import Snapshot
from advisor.rewrites.proof.made_rows import Rows
from advisor.twin.restoring.restore import restore_schema
from advisor.twin.servers.environment import connect
from advisor.twin.servers.rights import Sessions, drop_role, make_owner, open_database, prepare_database
from advisor.twin.servers.twin_database import create_database, drop_database
from advisor.twin.servers.watchdog import Watchdog

STATEMENT_MS = 100
"""How long one statement may run."""
_ENUMS = "SELECT t.typname, array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid GROUP BY t.typname"  # noqa: E501
_VOLATILE = "SELECT proname FROM pg_proc WHERE provolatile = 'v' AND pronamespace <> 'pg_catalog'::regnamespace"
_USED_BY_VIEW = """
SELECT DISTINCT n.nspname, c.relname FROM pg_rewrite r
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.ev_class = %s::regclass AND c.oid <> r.ev_class
"""
_SEQUENCE = re.compile(r"nextval\('((?:[^']|'')+)'::regclass\)")
_PARAMETER_GRANTS_SINCE = 150000
_GRANTS = (
    "GRANT USAGE ON SCHEMA {} TO {}",
    "GRANT ALL ON ALL TABLES IN SCHEMA {} TO {}",
    "GRANT ALL ON ALL SEQUENCES IN SCHEMA {} TO {}",
)
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1"


class ProofDatabase:
    """Two connections to the database: one that fills tables, one without rights that runs statements."""

    def __init__(self, owner: psycopg.Connection[Any], user: psycopg.Connection[Any]) -> None:
        self.owner, self.user = owner, user
        self.schema: Schema = read_schema(owner)
        self.enums: Mapping[str, Sequence[str]] = dict(owner.execute(_ENUMS.encode()).fetchall())
        self.volatile = frozenset(name for (name,) in owner.execute(_VOLATILE.encode()).fetchall())
        self._loosened: set[tuple[str, str]] = set()
        self._filled: list[Table] = []
        for connection in (owner, user):
            connection.prepare_threshold = None
        user.autocommit = False
        with contextlib.suppress(psycopg.Error):  # before 15 only a superuser may: then triggers see our rows
            owner.execute("SET session_replication_role = replica")
        owner.execute("SET statement_timeout = '5s'")
        for setting in (f"statement_timeout = {STATEMENT_MS}", "lock_timeout = 100"):
            user.execute(f"SET {setting}".encode())
        user.commit()

    def base_tables(self, table: Table) -> list[Table]:
        """Return the tables that a view reads; a table is its own."""
        if table.kind not in ("view", "matview"):
            return [table]
        found: list[Table] = []
        for key in self.owner.execute(_USED_BY_VIEW.encode(), [table.qualified]).fetchall():
            inner = self.schema.tables.get(key)
            if inner:
                found += self.base_tables(inner)
        return found

    def fill(self, tables: Sequence[Table], rows: Rows) -> dict[tuple[str, str], int]:
        """Empty the tables filled before, put rows into these, and return how many each took."""
        self.empty()
        taken = {}
        for table in tables:
            self._loosen(table)
            taken[table.schema, table.name] = self._insert(table, rows[table.schema, table.name])
            self._filled.append(table)
        return taken

    def empty(self) -> None:
        """Remove what the last set of rows put into tables."""
        for table in reversed(self._filled):
            self.owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.schema, table.name)))
        self._filled = []

    def _insert(self, table: Table, rows: Sequence[Mapping[str, str | None]]) -> int:
        if not rows:
            return 0
        names = list(rows[0])
        try:
            return self._insert_all(table, names, rows)
        except psycopg.Error:
            taken = 0
            for row in rows:
                with contextlib.suppress(psycopg.Error):
                    taken += self._insert_all(table, names, [row])
            return taken

    def _insert_all(self, table: Table, names: list[str], rows: Sequence[Mapping[str, str | None]]) -> int:
        if not names:
            statement = sql.SQL("INSERT INTO {} DEFAULT VALUES").format(sql.Identifier(table.schema, table.name))
            return self.owner.execute(statement).rowcount
        one = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(names)))
        statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES {} ON CONFLICT DO NOTHING").format(
            sql.Identifier(table.schema, table.name),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join([one] * len(rows)),
        )
        return self.owner.execute(statement, [row[name] for row in rows for name in names]).rowcount

    def _loosen(self, table: Table) -> None:
        """Drop what keeps rows of ours out and no rewrite relies on: checks, indexes that are invalid in production."""
        if (table.schema, table.name) in self._loosened:
            return
        self._loosened.add((table.schema, table.name))
        name = sql.Identifier(table.schema, table.name)
        for one in table.constraints:
            if one.kind in ("check", "exclusion"):
                with contextlib.suppress(psycopg.Error):
                    self.owner.execute(
                        sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(name, sql.Identifier(one.name))
                    )
        for index in table.indexes:
            if not index.valid:
                with contextlib.suppress(psycopg.Error):
                    self.owner.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(table.schema, index.name)))
        for column in table.columns:
            self._set_apart(table, column)
        if table.kind == "partitioned":
            rest = sql.Identifier(table.schema, f"rest_{secrets.token_hex(6)}")
            with contextlib.suppress(psycopg.Error):
                self.owner.execute(sql.SQL("CREATE TABLE {} PARTITION OF {} DEFAULT").format(rest, name))

    def _set_apart(self, table: Table, column: Column) -> None:
        """Let a column's sequence begin beyond the numbers of our rows."""
        named = _SEQUENCE.search(column.default or "")
        if column.identity:
            query = "SELECT setval(pg_get_serial_sequence(%s, %s), 10000)"
            self.owner.execute(query, [table.qualified, column.name])
        elif named:
            with contextlib.suppress(psycopg.Error):
                self.owner.execute("SELECT setval(%s::regclass, 10000)", [named[1]])


@contextlib.contextmanager
def proof_database(superuser: str, snapshot: Snapshot) -> Iterator[ProofDatabase]:
    """Make the database on the twin's server, given connection parameters of its superuser; drop it however we end.

    Two roles of ours go with it, both without rights: one owns the tables and fills them, the other runs statements.
    """
    name, secret = f"proof_{secrets.token_hex(6)}", secrets.token_hex(16)
    roles = (f"{name}_owner", f"{name}_user")
    base = {key: str(value) for key, value in conninfo_to_dict(superuser).items() if value is not None}
    with ExitStack() as stack:
        admin = stack.enter_context(_session({**base, "dbname": "postgres"}))
        for role in roles:
            make_owner(admin, role, secret)
            stack.callback(_drop_role, admin, role)
            admin.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(role)))
        create_database(admin, name, snapshot)
        stack.callback(drop_database, admin, name)
        open_database(admin, name, roles[0])
        path = sql.SQL(", ").join(map(sql.Identifier, snapshot.search_path or ("public",)))
        admin.execute(sql.SQL("ALTER DATABASE {} SET search_path = {}").format(sql.Identifier(name), path))
        if admin.info.server_version >= _PARAMETER_GRANTS_SINCE:
            grant = sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}")
            admin.execute(grant.format(sql.Identifier(roles[0])))
        inner = {**base, "dbname": name}
        mine, its = ({**inner, "user": role, "password": secret} for role in roles)
        with (
            _session(inner) as connection,
            Sessions(connection, lambda: _session(mine)) as sessions,
            Watchdog(lambda: _session(inner), name),
        ):
            connection.execute("SET search_path = pg_catalog")
            prepare_database(connection, roles[0])
            restore_schema(sessions, snapshot.restorable_sql)
            _grant(sessions.owner, roles[1])
        owner = stack.enter_context(_session(mine))
        yield ProofDatabase(owner, stack.enter_context(_session(its)))


def _session(parameters: Mapping[str, str]) -> psycopg.Connection[Any]:
    return connect(make_conninfo(**parameters), autocommit=True)


def _drop_role(admin: psycopg.Connection[Any], role: str) -> None:
    with contextlib.suppress(psycopg.Error):
        admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
    drop_role(admin, role)


def _grant(owner: psycopg.Connection[Any], role: str) -> None:
    for (schema,) in owner.execute(_SCHEMAS.encode()).fetchall():
        where, whom = sql.Identifier(schema), sql.Identifier(role)
        for statement in _GRANTS:
            with contextlib.suppress(psycopg.Error):  # a schema that is not the owner's holds nothing of a dump
                owner.execute(sql.SQL(statement).format(where, whom))
