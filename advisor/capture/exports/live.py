"""pg_stat_statements read from a live server, in a read-only session with timeouts."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.capture.exports.document import Document
from advisor.capture.exports.export import StatementExport
from advisor.errors import ServerError

if TYPE_CHECKING:
    import psycopg

EXTENSION = """
    SELECT n.nspname, e.extversion,
           pg_catalog.to_regclass(pg_catalog.format('%I.pg_stat_statements_info', n.nspname)) IS NOT NULL,
           pg_catalog.has_table_privilege(pg_catalog.format('%I.pg_stat_statements', n.nspname), 'SELECT')
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_stat_statements'
"""
STATEMENTS = """
    SELECT pg_catalog.now() AS captured_at, d.datname, r.rolname, s.*
    FROM {schema}.pg_stat_statements s
    LEFT JOIN pg_catalog.pg_database d ON d.oid = s.dbid
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid
    ORDER BY s.dbid, s.userid, s.queryid, s.query
"""
STATEMENTS_AND_INFORMATION = """
    SELECT pg_catalog.now() AS captured_at, i.stats_reset, i.dealloc, d.datname, r.rolname, s.*
    FROM {schema}.pg_stat_statements s
    CROSS JOIN {schema}.pg_stat_statements_info i
    LEFT JOIN pg_catalog.pg_database d ON d.oid = s.dbid
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid
    ORDER BY s.dbid, s.userid, s.queryid, s.query
"""


class Extension(NamedTuple):
    """Where pg_stat_statements is installed."""

    schema: str
    version: str
    information: bool
    """Whether `pg_stat_statements_info` exists (1.9 and later)."""
    readable: bool


def read_live(url: str) -> tuple[StatementExport, ...]:
    """Return what the server's pg_stat_statements says now.

    Raises `ServerError` when the server cannot be reached, lacks the extension, or does not let us read it.
    """
    from advisor.capture.conninfo import connection_parameters, place
    from advisor.capture.exports.pg_stat_statements import read
    from advisor.capture.read_only_session import read_only_session

    name = place(connection_parameters(url))
    with read_only_session(url) as connection:
        extension = _extension(connection, name)
        data = _rows(connection, extension, name)
    exports = read(Document(data), name)
    if not any(export.rows for export in exports):
        hidden = [reason for export in exports for reason in export.coverage.skipped]
        what = f"pg_stat_statements shows nothing we may read ({'; '.join(hidden)})" if hidden else "it is empty"
        raise ServerError(what, where=f"{name}: pg_stat_statements", do=_GRANT if hidden else "run the workload first")
    return exports


_GRANT = "GRANT pg_read_all_stats TO the role that connects"


def _extension(connection: psycopg.Connection[Any], name: str) -> Extension:
    row = connection.execute(EXTENSION).fetchone()
    if row is None:
        do = (
            "CREATE EXTENSION pg_stat_statements in this database (it must be in shared_preload_libraries), "
            "or name a database that has it"
        )
        raise ServerError("the extension pg_stat_statements is missing", where=name, do=do)
    extension = Extension(*row)
    if not extension.readable:
        raise ServerError("no permission to read pg_stat_statements", where=name, do=_GRANT)
    return extension


def _rows(connection: psycopg.Connection[Any], extension: Extension, name: str) -> bytes:
    """Return all entries as the CSV that an export file would hold."""
    from psycopg import errors, sql

    query = sql.SQL(STATEMENTS_AND_INFORMATION if extension.information else STATEMENTS)
    try:
        cursor = connection.execute(query.format(schema=sql.Identifier(extension.schema)))
    except errors.ObjectNotInPrerequisiteState as error:
        do = "add it to shared_preload_libraries and restart the server"
        raise ServerError("pg_stat_statements is installed but not loaded", where=name, do=do) from error
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([column.name for column in cursor.description or ()])
    writer.writerows(cursor)
    return written.getvalue().encode()
