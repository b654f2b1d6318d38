"""A scratch database beside the twin: the schema and nothing else, so that builds there are real and leave no trace."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from advisor.capture.conninfo import connection_parameters, server_message, url_of
from advisor.errors import ProofError
from advisor.twin.servers.environment import connect
from advisor.twin.servers.rights import Sessions, drop_role, make_owner, open_database
from advisor.twin.servers.watchdog import Watchdog


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database of ours that holds a schema, owned by a role without any right beyond it."""

    url: str
    """For its owner: what revisions get."""
    superuser: str
    """For us."""
    notes: tuple[str, ...]
    """What of the schema could not be restored, and why."""

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """Return a new connection of the superuser, to look on."""
        return connect(self.superuser, autocommit=autocommit, options="-c search_path=pg_catalog")

    def login(self) -> psycopg.Connection:
        """Return a new autocommit connection of the owner, for SQL that a revision or a dump brings."""
        return connect(self.url, autocommit=True)


@contextlib.contextmanager
def scratch_database(url: str, schema_sql: str | None, settings: Mapping[str, str] | None = None) -> Iterator[Scratch]:
    """Make a database and its owner on the server of `url`, a superuser's, restore `schema_sql` into it, yield
    it, and drop both however we end.

    Without a dump the database is empty. `settings` become the database's own, so that names in revisions mean
    what they mean in production. Raises `ProofError` when the server cannot be reached or refuses.
    """
    from advisor.twin.restoring.restore import restore_schema
    from advisor.twin.servers.server_settings import apply_settings

    name, secret = f"advisor_scratch_{secrets.token_hex(6)}", secrets.token_hex(16)
    with _administration(url) as administration:
        make_owner(administration, name, secret)
        try:
            administration.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            notes = apply_settings(administration, name, settings or {})
            open_database(administration, name, name)
            owner = make_url(plain_url(url, name)).set(username=name, password=secret)
            scratch = Scratch(owner.render_as_string(hide_password=False), plain_url(url, name), ())
            with (
                scratch.connect() as superuser,
                Sessions(superuser, scratch.login) as sessions,
                Watchdog(scratch.connect, name),
            ):
                superuser.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(name)))
                if schema_sql:
                    notes += restore_schema(sessions, schema_sql)
            yield replace(scratch, notes=tuple(notes))
        finally:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            administration.execute(drop)
            drop_role(administration, name)


@contextlib.contextmanager
def copied_scratch(url: str, source: Scratch, settings: Mapping[str, str] | None = None) -> Iterator[Scratch]:
    """Make a copy of a scratch database, which nobody may be connected to, with the same owner; drop it at the end.

    `url` is the superuser's. Raises `ProofError` when the server cannot be reached.
    """
    from advisor.twin.servers.server_settings import apply_settings
    from advisor.twin.servers.twin_database import copy_database

    name, owner = f"advisor_scratch_{secrets.token_hex(6)}", make_url(source.url)
    template = str(owner.database)
    with _administration(url) as administration:
        copy_database(administration, template, name)
        try:
            apply_settings(administration, name, settings or {})
            open_database(administration, name, str(owner.username))
            here = owner.set(database=name).render_as_string(hide_password=False)
            yield Scratch(here, plain_url(url, name), source.notes)
        finally:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            administration.execute(drop)


@contextlib.contextmanager
def _administration(url: str) -> Iterator[psycopg.Connection]:
    try:
        connection = connect(plain_url(url), autocommit=True)
    except psycopg.Error as error:
        reason = server_message(error, connection_parameters(url))
        raise ProofError(f"the throw-away server cannot be reached: {reason}") from None
    with connection:
        yield connection


def plain_url(url: str, database: str | None = None) -> str:
    """Return a connection URL or string as the URL that psycopg and SQLAlchemy take, for another database if named."""
    parameters = connection_parameters(url)
    return url_of({**parameters, "dbname": database} if database else parameters)
