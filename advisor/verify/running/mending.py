"""What a revision lacks on a throw-away server and may be given there: roles, a database, an extension, a right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from advisor.twin.restoring.extensions import create_extension
from advisor.verify.running.failed import RevisionFailure
from advisor.verify.running.ownership import trust

Make = Callable[[psycopg.Connection[Any], str], bool]
"""Makes something as superuser, for the owner of this name; returns whether it is there now."""


def lacking(error: RevisionFailure) -> Iterator[tuple[str, Make]]:
    """Yield what a failed revision lacks, with what makes it."""
    if error.role:
        yield f"role {error.role}", partial(_role, error.role)
    if error.database:
        yield f"database {error.database}", partial(_database, error.database)
    if error.extension:
        yield f"extension {error.extension}", partial(_extension, error.extension)
    if error.altered_role:
        yield f"right to alter {error.altered_role}", partial(_right, error.altered_role)


def _role(name: str, connection: psycopg.Connection[Any], owner: str) -> bool:
    connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
    return True


def _database(name: str, connection: psycopg.Connection[Any], owner: str) -> bool:
    """Make the database that a revision calls by production's name: what is set for it is meant for the twin's."""
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))
    return True


def _extension(name: str, connection: psycopg.Connection[Any], owner: str) -> bool:
    return not create_extension(connection, name, None)


def _right(role: str, connection: psycopg.Connection[Any], owner: str) -> bool:
    trust(connection, owner, role)
    return True
