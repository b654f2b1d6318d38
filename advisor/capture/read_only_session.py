"""A read-only session on a server that matters: no write, no long wait, no password in any message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from advisor.capture.conninfo import MARK, connection_parameters, place, server_message
from advisor.errors import ServerError

STATEMENT_TIMEOUT_MS = 120_000
LOCK_TIMEOUT_MS = 5_000

_SET = sql.SQL("SET LOCAL " + MARK + " {} = {}")
SERVERS_OWN = f"SET LOCAL {MARK} search_path = pg_catalog, pg_temp"
"""No name, operator or type but the server's own: whoever may create in a schema of the path could put theirs first."""
_STABLE_OUTPUT = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmloption": "content",
}


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
        raise _explained(error, parameters) from None


def _settle(connection: psycopg.Connection[Any]) -> None:
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "client_encoding": "UTF8",
        "row_security": "off",  # a policy is code of the table's owner, run as the reader
        **_STABLE_OUTPUT,
    }
    for name, value in settings.items():
        connection.execute(_SET.format(sql.Identifier(name), sql.Literal(value)))
    connection.execute(SERVERS_OWN)


def _explained(error: psycopg.Error, parameters: Mapping[str, Any]) -> ServerError:
    message = server_message(error, parameters)
    return ServerError(message, where=place(parameters), do=_remedy(error, str(error)))


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
