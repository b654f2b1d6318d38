"""Run times on a copy of a database with rows: the original as it is against a copy with the pending revisions."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence

import psycopg
from psycopg import sql

from advisor.capture.conninfo import connection_parameters, place, server_message
from advisor.errors import ProofError
from advisor.twin.servers.server_settings import set_for_database
from advisor.twin.statement import BoundStatement
from advisor.verify.proof import Timing
from advisor.verify.running.scratch import plain_url
from advisor.verify.running.upgrade import History
from advisor.verify.timing import measure

_FILE_COPY_SINCE = 150000


def timings_on_data(
    history: History,
    url: str,
    statements: Mapping[str, Sequence[BoundStatement]],
    *,
    start: Sequence[str] = (),
    to: str = "heads",
    runs: int = 20,
    seconds: float = 60.0,
) -> tuple[Timing, ...]:
    """Return the run times of each query without and with the pending revisions up to `to`.

    The database at `url` is copied beside itself; only the copy is upgraded, and it is dropped again. The statements
    run on both, so they should only read. `start` says where a database without a version table stands. Raises
    `ProofError` when it cannot be copied or a revision or statement fails.
    """
    with copied_database(url) as copy:
        if start and not history.current(copy):
            history.stamp(copy, start)
        history.upgrade(copy, to)
        return measure(copy, statements, before_url=url, runs=runs, seconds=seconds)


@contextlib.contextmanager
def copied_database(url: str) -> Iterator[str]:
    """Yield the URL of a copy of the database, on the same server, for the length of the block."""
    parameters = connection_parameters(url)
    source, name = str(parameters.get("dbname") or ""), f"advisor_copy_{secrets.token_hex(6)}"
    try:
        administration = psycopg.connect(plain_url(url, "template1"), autocommit=True)
    except psycopg.Error as error:
        reason = server_message(error, parameters)
        raise ProofError(f"the database with data cannot be reached: {reason}", where=place(parameters)) from None
    with administration:
        _nobody_else(administration, source)
        strategy = " STRATEGY file_copy" if administration.info.server_version >= _FILE_COPY_SINCE else ""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + strategy)
        try:
            administration.execute(create.format(sql.Identifier(name), sql.Identifier(source)))
        except psycopg.Error as error:
            do = "use a role that may create databases"
            raise ProofError(f"{source} cannot be copied: {server_message(error, parameters)}", do=do) from None
        try:
            _carry_settings(administration, source, name)
            yield plain_url(url, name)
        finally:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            administration.execute(drop.format(sql.Identifier(name)))


def _carry_settings(connection: psycopg.Connection, source: str, name: str) -> None:
    """Give the copy what `ALTER DATABASE` and `ALTER ROLE … IN DATABASE` set for its source, which is not copied along.

    What this role may not set is left out: statements then run with the role's own value.
    """
    rows = connection.execute(
        "SELECT r.rolname, split_part(item, '=', 1), substr(item, strpos(item, '=') + 1)"
        " FROM pg_db_role_setting o JOIN pg_database d ON d.oid = o.setdatabase"
        " CROSS JOIN LATERAL unnest(o.setconfig) AS item LEFT JOIN pg_roles r ON r.oid = o.setrole"
        " WHERE d.datname = %s ORDER BY r.rolname, item",
        (source,),
    ).fetchall()
    for role, setting, value in rows:
        with contextlib.suppress(psycopg.Error):
            set_for_database(connection, name, setting, value, role)


def _nobody_else(connection: psycopg.Connection, database: str) -> None:
    """Raise `ProofError` at once, naming the sessions for which the server would wait and then give up."""
    rows = connection.execute(
        "SELECT pid, application_name FROM pg_stat_activity"
        " WHERE datname = %s AND backend_type = 'client backend' ORDER BY pid",
        (database,),
    ).fetchall()
    if rows:
        sessions = ", ".join(f"{pid} ({name})" if name else str(pid) for pid, name in rows)
        what = f"{database} cannot be copied: it is in use by {sessions}"
        raise ProofError(what, do="end these sessions")
