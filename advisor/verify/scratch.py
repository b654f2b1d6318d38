"""A scratch database beside the twin: the schema and nothing else, so that builds there are real and leave no trace."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from advisor.capture.conninfo import connection_parameters, server_message, url_of
from advisor.errors import ProofError


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database of ours that holds a schema."""

    url: str
    notes: tuple[str, ...]
    """What of the schema could not be restored, and why."""

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """Return a new connection."""
        return psycopg.connect(self.url, autocommit=autocommit)


@contextlib.contextmanager
def scratch_database(url: str, schema_sql: str | None, settings: Mapping[str, str] | None = None) -> Iterator[Scratch]:
    """Make a database on the server of `url`, restore `schema_sql` into it, yield it, and drop it however we end.

    Without a dump the database is empty. `settings` become the database's own, so that names in revisions mean
    what they mean in production. Raises `ProofError` when the server cannot be reached or refuses.
    """
    from advisor.twin.restore import restore_schema
    from advisor.twin.settings import apply_settings

    name = f"advisor_scratch_{secrets.token_hex(6)}"
    with _administration(url) as administration:
        administration.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            inner = plain_url(url, name)
            notes = apply_settings(administration, name, settings or {})
            if schema_sql:
                with psycopg.connect(inner, autocommit=True) as connection:
                    notes = restore_schema(connection, schema_sql)
            yield Scratch(inner, tuple(notes))
        finally:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            administration.execute(drop)


@contextlib.contextmanager
def _administration(url: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(plain_url(url), autocommit=True)
    except psycopg.Error as error:
        reason = server_message(error, connection_parameters(url))
        raise ProofError(f"the throw-away server cannot be reached: {reason}") from None
    with connection:
        yield connection


def plain_url(url: str, database: str | None = None) -> str:
    """Return a connection URL or string as the URL that psycopg and SQLAlchemy take, for another database if named."""
    parameters = connection_parameters(url)
    return url_of({**parameters, "dbname": database} if database else parameters)
