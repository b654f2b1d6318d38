"""A server that ran a known workload, and exports of its statistics in every layout and form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from psycopg import sql

from advisor.capture.detect import Detected
from advisor.capture.exports import pg_stat_statements, read_export
from advisor.capture.exports.export import StatementExport
from advisor.capture.files.source import Source
from advisor.twin.servers.server import Server, embedded_binaries

VERSIONS = ("1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "1.11", "1.12")
DATABASES = ("shop", "billing", "empty")

SCHEMA = """
    CREATE TABLE customer (id int PRIMARY KEY, name text);
    CREATE TABLE invoice (id int PRIMARY KEY, customer int REFERENCES customer, at timestamptz, note text);
    INSERT INTO customer SELECT n, 'c' || n FROM generate_series(1, 20) n;
    INSERT INTO invoice SELECT n, 1 + n % 20, timestamptz '2026-01-01' + n * interval '1 hour', 'x'
        FROM generate_series(1, 200) n;
    GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk, auditor;
"""

STATEMENTS = {
    "SELECT * FROM invoice WHERE id = %s": [(n,) for n in range(7)],
    "SELECT * FROM invoice WHERE at > now() - interval '1 day' AND customer = 3": [()] * 3,
    "SELECT extract(year FROM at), note\n  FROM invoice\n WHERE at > date '2020-01-01' AND note <> 'a|b,c;d' LIMIT 3": [
        ()
    ],
    "SELECT * FROM customer WHERE id IN (1, 2, 3)": [()] * 2,
    "SELECT * FROM customer WHERE id IN (1, 2)": [()] * 2,
    'SELECT "name" || \';\' FROM "public"."customer" WHERE name LIKE \'c%%\'': [()],
    "SELECT '長い名前' || name, E'tab\\there' FROM customer ORDER BY 1": [()] * 2,
    "INSERT INTO invoice (id, customer) VALUES (%s, %s)": [(1000 + n, 1) for n in range(5)],
}
"""Statement to the parameters of each of its executions."""


@dataclass(frozen=True)
class Exporter:
    """Runs psql against the statistics of the server."""

    server: Server
    databases: dict[str, str]
    """`shop`, `billing`, `empty` and each version of the extension to the name of the database."""

    @property
    def oids(self) -> str:
        """A condition that keeps the rows of our own databases."""
        names = ", ".join(f"'{self.databases[name]}'" for name in DATABASES)
        return f"dbid IN (SELECT oid FROM pg_database WHERE datname IN ({names}))"

    def select(self, columns: str = "s.*", extra: str = "") -> str:
        return f"SELECT {columns} FROM pg_stat_statements s {extra} WHERE {self.oids} ORDER BY s.calls DESC, queryid"

    def psql(self, query: str, *arguments: str, version: str = "1.12", user: str = "postgres") -> bytes:
        """Return what psql prints for one query; the export itself leaves no trace in the statistics."""
        quiet = ["-c", "SET pg_stat_statements.track = 'none'"] if user == "postgres" else []
        done = self.server.run(
            "psql", "-X", "-q", "-U", user, "-d", self.databases[version], *arguments, *quiet, "-c", query
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.encode()

    def copy(self, query: str, options: str = "CSV HEADER", version: str = "1.12") -> bytes:
        return self.psql(rf"\copy ({query}) TO STDOUT {options}", version=version)


@pytest.fixture(scope="session")
def statistics_server() -> Iterator[Server]:
    """A server of our own: other tests reset the statistics of the shared one."""
    with Server(embedded_binaries(), {"shared_preload_libraries": "pg_stat_statements"}) as running:
        yield running


@pytest.fixture(scope="session")
def exporter(statistics_server: Server) -> Exporter:
    server = statistics_server
    databases = {name: f"exports_{name.replace('.', '_')}" for name in (*DATABASES, *VERSIONS)}
    with server.connect() as connection:
        connection.execute("CREATE ROLE clerk LOGIN; CREATE ROLE auditor LOGIN")
        for name in databases.values():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    for version in VERSIONS:
        with server.connect(databases[version]) as connection:
            connection.execute(f"CREATE EXTENSION pg_stat_statements VERSION '{version}'")
    made = Exporter(server, databases)
    run_workload(made)
    return made


def run_workload(exporter: Exporter) -> None:
    for name in ("shop", "billing"):
        with exporter.server.connect(exporter.databases[name]) as connection:
            connection.execute("SET pg_stat_statements.track = 'none'")
            connection.execute(SCHEMA)
    for name, role, track in (("shop", "clerk", "all"), ("shop", "auditor", "top"), ("billing", "clerk", "top")):
        with exporter.server.connect(exporter.databases[name]) as connection:
            connection.execute("SET pg_stat_statements.track = 'none'")
            connection.execute("DELETE FROM invoice WHERE id >= 1000")
            connection.execute(f"SET pg_stat_statements.track = '{track}'; SET SESSION AUTHORIZATION {role}")
            for text, executions in STATEMENTS.items():
                for values in executions:
                    connection.execute(text, values)
            connection.execute("RESET SESSION AUTHORIZATION")
            connection.execute("SET pg_stat_statements.track = 'none'")


def read(data: bytes, name: str = "export") -> StatementExport:
    """Return the one reading in an export, recognised as its readers would."""
    (export,) = readings(data, name)
    return export


def readings(data: bytes, name: str = "export") -> tuple[StatementExport, ...]:
    import io

    source = Source(name, lambda: io.BytesIO(data))
    assert pg_stat_statements.sniff(source.head()) > 0.5
    return read_export(source, Detected((), pg_stat_statements, 1.0, data))
