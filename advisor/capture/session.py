"""A read-only session on a server that matters: no write, no long wait, no password in any message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from advisor.errors import ServerError, UsageError

STATEMENT_TIMEOUT_MS = 120_000
LOCK_TIMEOUT_MS = 5_000
CONNECT_TIMEOUT_S = 10
APPLICATION = "advisor"

_SECRETS = ("password", "sslpassword")
_STABLE_OUTPUT = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmloption": "content",
}


def connection_parameters(url: str) -> dict[str, Any]:
    """Return the parameters of a connection URL or string; SQLAlchemy's `postgresql+driver://` is understood."""
    plain = re.sub(r"^postgres(ql)?\+\w+://", "postgresql://", url.strip())
    try:
        parameters = conninfo_to_dict(plain)
    except psycopg.ProgrammingError:
        raise UsageError(
            "this is not a PostgreSQL connection URL",  # the text stays out of the message: it may hold a password
            do="write it as postgresql://user@host:5432/database and keep the password in PGPASSWORD or ~/.pgpass",
        ) from None
    return {"connect_timeout": CONNECT_TIMEOUT_S, **parameters, "application_name": APPLICATION}


def public_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters without those that are secret."""
    return {name: value for name, value in parameters.items() if name not in _SECRETS}


def password_in(parameters: dict[str, Any]) -> bool:
    """Return whether the connection string itself holds a password."""
    return any(parameters.get(name) for name in _SECRETS)


def place(parameters: dict[str, Any]) -> str:
    """Return `host:port/database` for messages."""
    host = parameters.get("host") or parameters.get("hostaddr") or "localhost"
    return f"{host}:{parameters.get('port', 5432)}/{parameters.get('dbname') or parameters.get('user') or ''}"


@contextmanager
def read_only_session(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection in one read-only transaction with timeouts; raises `ServerError` for what the server refuses.

    Everything is set within the transaction, so that it also holds behind a pooler that hands out transactions.
    """
    parameters = connection_parameters(url)
    try:
        with psycopg.connect(**parameters) as connection:
            connection.read_only = True
            _settle(connection)
            yield connection
            connection.rollback()
    except psycopg.Error as error:
        raise _explained(error, place(parameters)) from error


def _settle(connection: psycopg.Connection[Any]) -> None:
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "client_encoding": "UTF8",
        **_STABLE_OUTPUT,
    }
    for name, value in settings.items():
        connection.execute(sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value)))


def _explained(error: psycopg.Error, where: str) -> ServerError:
    message = (error.diag.message_primary or str(error)).strip().splitlines()[0]
    return ServerError(message, where=where, do=_remedy(error, str(error)))


def _remedy(error: psycopg.Error, message: str) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "use a role that may read it: GRANT pg_read_all_data (14+) and pg_read_all_stats to it"
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return "a migration or VACUUM FULL holds a table; nothing was written, run it again later"
    if isinstance(error, psycopg.errors.QueryCanceled):
        return "the server is busy or the catalog very large; run it again at a quieter time"
    if isinstance(error, psycopg.errors.CharacterNotInRepertoire):
        return "the database (encoding SQL_ASCII?) holds text that is not in its encoding; such text cannot be exported"
    if "password" in message or "no pg_hba.conf entry" in message:
        return "check user and password (PGPASSWORD or ~/.pgpass) and that pg_hba.conf admits this host"
    if "does not exist" in message:
        return "check the name of the database and of the user in the URL"
    return "check that the server runs and that host, port and network path are right"
