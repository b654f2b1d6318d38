"""The throw-away database in which rewrites are run: the schema with rows of ours, and a role that may only use tables.

Statements come from files that may be hostile: they run as a login without any right but on the tables, each for a
tenth of a second at most, in transactions that are rolled back.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from advisor.catalog.introspect import read_schema
from advisor.catalog.schema import Column, Schema, Table
from advisor.rewrites.proof.rows import Rows

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
        for table in self._filled:
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
def proof_database(conninfo: str, schema_sql: str, search_path: Sequence[str]) -> Iterator[ProofDatabase]:
    """Make the database on the twin's server, and drop it and its role however we end."""
    from advisor.twin.restore import restore_schema

    name = f"proof_{secrets.token_hex(6)}"
    password = secrets.token_hex(16)
    base = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(conninfo).items() if value is not None}
    with psycopg.connect(psycopg.conninfo.make_conninfo(**{**base, "dbname": "postgres"}), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            role = sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS PASSWORD {}")
            admin.execute(role.format(sql.Identifier(name), sql.Literal(password)))
            inner = {**base, "dbname": name}
            with psycopg.connect(psycopg.conninfo.make_conninfo(**inner), autocommit=True) as owner:
                restore_schema(owner, schema_sql)
                _grant(owner, name)
                if search_path:
                    path = ", ".join(f'"{part}"' for part in search_path)
                    owner.execute(sql.SQL("ALTER DATABASE {} SET search_path = {}").format(
                        sql.Identifier(name), sql.SQL(path)))  # fmt: skip
            own = {**inner, "user": name, "password": password}
            with (
                psycopg.connect(psycopg.conninfo.make_conninfo(**inner), autocommit=True) as owner,
                psycopg.connect(psycopg.conninfo.make_conninfo(**own)) as user,
            ):
                yield ProofDatabase(owner, user)
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            with contextlib.suppress(psycopg.Error):
                admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def _grant(owner: psycopg.Connection[Any], name: str) -> None:
    for (schema,) in owner.execute(_SCHEMAS.encode()).fetchall():
        where, role = sql.Identifier(schema), sql.Identifier(name)
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(where, role))
        for kind in ("TABLES", "SEQUENCES"):
            statement = sql.SQL("GRANT ALL ON ALL {} IN SCHEMA {} TO {}").format(sql.SQL(kind), where, role)
            owner.execute(statement)
