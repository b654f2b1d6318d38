"""Who may do what on the twin: a superuser of ours that only keeps books, and an owner without rights for all the rest.

What a dump brings (functions, expressions, operators) runs when a schema is restored and when a query is planned. It
therefore runs as a role that may touch nothing but the database itself, in sessions that *logged in* as that role: one
that only took `SET ROLE` could take it back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from advisor.twin.servers.owner import MARK, abandoned, owner
from advisor.twin.servers.watchdog import STATEMENT_SECONDS, less

SUPERUSER = "pgadvisor"
"""The superuser of servers of ours; named so that production's roles keep their names."""
OWNER = "pgadvisor_owner"
"""The role that owns the twin's schema, and as which a statement is planned that nobody is known to have sent.

On a server that is not ours it is the beginning of that role's name.
"""

_SWITCH = """
CREATE FUNCTION pg_catalog.pgadvisor_switch(shown oid[], hidden oid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    UPDATE pg_catalog.pg_index SET indisvalid = indexrelid = ANY (shown)
    WHERE indexrelid = ANY (shown || hidden) AND indexrelid >= 16384;
END $$
"""
"""Shows indexes to the planner and hides others; never one of the catalog's own (those end at 16383)."""
_OURS = """
SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE shobj_description(oid, 'pg_authid') LIKE %s
"""
SWITCH = "SELECT pg_catalog.pgadvisor_switch(%s::pg_catalog.oid[], %s::pg_catalog.oid[])"
"""Shows and hides indexes until the end of the transaction, which must be rolled back."""


class Sessions:
    """Two sessions on one database of the twin: the superuser's, and the owner's, opened again when it was ended."""

    def __init__(self, superuser: psycopg.Connection[Any], login: Callable[[], psycopg.Connection[Any]]) -> None:
        self.superuser = superuser
        """Keeps books in the catalog; it looks up names in `pg_catalog` only and evaluates nothing of the dump's."""
        self.setup: list[str] = []
        """What is run first in each session of the owner."""
        self._patience = STATEMENT_SECONDS
        self._login = login
        self._owner: psycopg.Connection[Any] | None = None

    @property
    def owner(self) -> psycopg.Connection[Any]:
        """Return the owner's session, a new one where the last was ended because it took too long."""
        if self._owner is None or self._owner.closed:
            self._owner = self._login()
            for statement in (_timeout(self._patience), *self.setup):
                with contextlib.suppress(psycopg.Error):
                    self._owner.execute(statement.encode())
        return self._owner

    def lose_patience(self) -> None:
        """Give the owner's statements less time, after one that took too long."""
        self._patience = less(self._patience)
        with contextlib.suppress(psycopg.Error):
            self.owner.execute(_timeout(self._patience).encode())

    def __enter__(self) -> Sessions:
        """Return the sessions; the superuser's is the caller's to close."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the owner's session."""
        if self._owner:
            self._owner.close()


def _timeout(seconds: float) -> str:
    return f"SET statement_timeout = {round(seconds * 1000)}"


def make_owner(admin: psycopg.Connection[Any], name: str, secret: str) -> None:
    """Create the owner role with this password; note on it who made it, and drop those whose makers were killed."""
    statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}")
    admin.execute(statement.format(sql.Identifier(name), sql.Literal(secret)))
    comment = sql.SQL("COMMENT ON ROLE {} IS {}")
    admin.execute(comment.format(sql.Identifier(name), sql.Literal(f"{MARK}{owner()}")))
    for found, mark in admin.execute(_OURS, [f"{MARK}%"]).fetchall():
        if abandoned(mark.removeprefix(MARK)):
            drop_role(admin, found)


def drop_role(admin: psycopg.Connection[Any], name: str) -> None:
    """Drop a role of ours; one that is still needed or a server that is gone is no error."""
    with contextlib.suppress(psycopg.Error):
        admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def open_database(admin: psycopg.Connection[Any], database: str, name: str) -> None:
    """Let the owner make schemas in a database; as its owner it could change the settings of our own sessions."""
    statement = sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO {}")
    admin.execute(statement.format(sql.Identifier(database), sql.Identifier(name)))


def prepare_database(connection: psycopg.Connection[Any], name: str) -> None:
    """Give the owner the schema `public` of a new database, and make the index switch there."""
    connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(name)))
    connection.execute(_SWITCH)
