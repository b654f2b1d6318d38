"""Records the seed corpus from real servers: `python -m benchmarks.fuzz.record` rewrites `seeds/`.

Logs, exports, snapshots, baselines and reports are what a server and the advisor itself wrote for one small workload;
transports and monitors' layouts are made of them as the tests of these make them. Only a few records of each are kept:
a small seed is mutated more often.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from advisor.twin.servers.server import Server, embedded_binaries

SEEDS = Path(__file__).parent / "seeds"
SIZE = 4000
"""Bytes about which a recorded text is cut, at the end of a line."""

PATH = re.compile(rb"/(?:dev/shm|tmp)/[\w./-]*")
"""Folders of the machine it is recorded on."""

PREFIXES = {
    "default": "%m [%p] ", "rds": "%t:%r:%u@%d:[%p]:", "badger": "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "session": "%m [%p] %c %l %q%u@%d/%a ", "epoch": "%n %p %v %x %e <%Q> %b ",
}  # fmt: skip

SCHEMA = """
    CREATE TABLE author (id int PRIMARY KEY, name text NOT NULL, born date);
    CREATE TABLE book (id int PRIMARY KEY, author_id int REFERENCES author, title text, price numeric(8, 2),
                       tags text[], detail jsonb);
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN positive AS int CONSTRAINT positive_check CHECK (VALUE > 0);
    CREATE VIEW cheap AS SELECT id, title FROM book WHERE price < 5;
    CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC; SELECT n * 2; END;
    CREATE INDEX book_title ON book (lower(title)) WHERE price > 1;
    CREATE STATISTICS book_both ON author_id, price FROM book;
    INSERT INTO author SELECT n, 'a' || n, date '1900-01-01' + n FROM generate_series(1, 300) n;
    INSERT INTO book SELECT n, 1 + n % 300, 'title ' || n, n % 50, ARRAY['x', 'y' || n % 7], jsonb_build_object('k', n)
        FROM generate_series(1, 3000) n;
    ANALYZE;
"""

STATEMENTS = (
    "SELECT * FROM author WHERE id = 7",
    "SELECT title FROM book WHERE author_id = 3 AND price > 4.5 ORDER BY title LIMIT 3 OFFSET 20",
    "SELECT b.title, a.name FROM book b JOIN author a ON a.id = b.author_id WHERE lower(b.title) LIKE '%12'",
    "SELECT count(*)\n  FROM book\n\tWHERE tags @> ARRAY['x'] OR detail ->> 'k' = '3' /* controller='books',action='list' */",
    "UPDATE book SET price = price + 1 WHERE id IN (1, 2, 3)",
    "INSERT INTO author (id, name) VALUES (100001, 'it''s; \"quoted\"') ON CONFLICT (id) DO NOTHING",
    "WITH t AS (SELECT author_id, sum(price) s FROM book GROUP BY 1) SELECT * FROM t WHERE s > 100",
    "DELETE FROM book WHERE id = 99999 -- gone",
    "SELECT a.id FROM author a WHERE NOT EXISTS (SELECT 1 FROM book b WHERE b.author_id = a.id) AND a.born IS NULL",
    "MERGE INTO author a USING (VALUES (1, 'x')) v (id, name) ON a.id = v.id WHEN MATCHED THEN UPDATE SET name = v.name",
    "SELECT id FROM book WHERE author_id NOT IN (SELECT id FROM author WHERE name = 'a5') UNION ALL SELECT 1",
    "SELECT id, rank() OVER (PARTITION BY author_id ORDER BY price DESC) FROM book WHERE title BETWEEN 'a' AND 'z'",
)


def run_workload(server: Server) -> None:
    """Run statements of every protocol, a loop, errors and a spilled sort."""
    with server.connect() as connection:
        connection.execute("SET client_min_messages = 'warning'; SET application_name = 'shop: 1'")
        for text in STATEMENTS:
            connection.execute(text)
        for number in range(8):
            connection.execute("SELECT name FROM author WHERE id = %s", (number,), prepare=True)
        connection.execute("PREPARE p (int, text) AS SELECT * FROM author WHERE id = $1 AND name = $2")
        connection.execute("EXECUTE p (3, 'it''s')")
        connection.execute("BEGIN; SAVEPOINT s; SELECT 1; COMMIT")
        connection.execute("SET work_mem = '64kB'; SELECT * FROM book ORDER BY title, detail; RESET work_mem")
        for wrong in ("SELECT * FROM missing", "SELECT 1/0"):
            try:
                connection.execute(wrong)
            except psycopg.Error:
                continue


def main() -> None:
    """Rewrite the corpus."""
    shutil.rmtree(SEEDS, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for family, name, data in recorded(Path(folder)):
            place = SEEDS / family / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(PATH.sub(b"/srv", data))
    print(f"{sum(1 for path in SEEDS.rglob('*') if path.is_file())} seeds in {SEEDS}")


def recorded(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield family, name and bytes of each seed."""
    yield from logs()
    yield from old_logs()
    yield from transports()
    yield from exports()
    yield from documents(folder)
    for number, text in enumerate(STATEMENTS):
        yield "statements", f"{number:02}.sql", text.encode()


def shortened(data: bytes, size: int = SIZE) -> bytes:
    """Return the whole lines at the beginning of a text."""
    return data if len(data) <= size else data[: data.find(b"\n", size) + 1 or len(data)]


def logs() -> Iterator[tuple[str, str, bytes]]:
    """Yield a real server's log in each format and under several prefixes."""
    settings = {
        "log_min_duration_statement": "0", "log_connections": "all", "log_disconnections": "on", "log_temp_files": "0",
        "logging_collector": "on", "log_destination": "stderr,csvlog,jsonlog", "log_directory": "log",
        "log_filename": "log", "session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": "1",
        "log_lock_waits": "on", "log_rotation_size": "0",
    }  # fmt: skip
    with Server(embedded_binaries(), settings) as server:
        with server.connect() as connection:
            connection.execute(SCHEMA)
        for name, prefix in PREFIXES.items():
            places = {kind: server.data / "log" / f"log{ending}" for kind, ending in ENDINGS.items()}
            with server.connect() as connection:
                connection.execute(f"ALTER SYSTEM SET log_line_prefix = '{prefix}'")
                connection.execute("SELECT pg_reload_conf()")
            time.sleep(0.3)
            begins = {kind: place.stat().st_size for kind, place in places.items()}
            run_workload(server)
            time.sleep(0.3)
            for kind, place in places.items():
                if kind == "stderr" or name == "default":
                    yield kind, name, shortened(place.read_bytes()[begins[kind] :], 3 * SIZE)


ENDINGS = {"stderr": "", "csvlog": ".csv", "jsonlog": ".json"}


def old_logs() -> Iterator[tuple[str, str, bytes]]:
    """Yield the logs that tests keep: translated ones and those of syslog daemons."""
    tests = Path("tests/capture_logs")
    for path in sorted((tests / "translated").glob("*.log"))[::3]:
        yield "stderr", path.stem, shortened(path.read_bytes())
    for path in sorted((tests / "syslog").glob("*.gz")):
        yield "syslog", path.stem, shortened(gzip.decompress(path.read_bytes()))


def transports() -> Iterator[tuple[str, str, bytes]]:
    """Yield a log in every envelope."""
    from tests.envelopes.conftest import PREFIXES as ENVELOPE_PREFIXES
    from tests.envelopes.conftest import run_sessions
    from tests.envelopes.test_envelopes import TRANSPORTS

    written: dict[str, bytes] = {}
    with Server(embedded_binaries(), {"log_min_duration_statement": "0", "log_connections": ""}) as server:
        for name, prefix in ENVELOPE_PREFIXES.items():
            with server.connect() as connection:
                connection.execute(f"ALTER SYSTEM SET log_line_prefix = '{prefix}'")
                connection.execute("SELECT pg_reload_conf()")
            time.sleep(0.3)
            begin = server.log.stat().st_size
            run_sessions(server)
            written[name] = server.log.read_bytes()[begin:]
    for name, (wrap, prefix, _) in TRANSPORTS.items():
        yield "envelopes", slug(name), wrap(shortened(written[prefix], 2500))


def exports() -> Iterator[tuple[str, str, bytes]]:
    """Yield statement statistics in every form and layout."""
    from tests.exports import test_other_layouts as layouts
    from tests.exports.conftest import DATABASES, VERSIONS, Exporter, run_workload
    from tests.exports.test_forms import FORMS

    with Server(embedded_binaries(), {"shared_preload_libraries": "pg_stat_statements"}) as server:
        databases = {name: f"exports_{name.replace('.', '_')}" for name in (*DATABASES, *VERSIONS)}
        with server.connect() as connection:
            connection.execute("CREATE ROLE clerk LOGIN; CREATE ROLE auditor LOGIN")
            for name in databases.values():
                connection.execute(f'CREATE DATABASE "{name}"')
        for version in VERSIONS:
            with server.connect(databases[version]) as connection:
                connection.execute(f"CREATE EXTENSION pg_stat_statements VERSION '{version}'")
        exporter = Exporter(server, databases)
        run_workload(exporter)
        for name, (write, _) in FORMS.items():
            yield "exports", f"form-{slug(name)}", few(write(exporter))
        for version in ("1.4", "1.8", "1.10"):
            select = exporter.select()
            yield "exports", f"version-{version}", few(exporter.copy(select, version=version))
        yield "exports", "monitor", few(exporter.copy(exporter.select(layouts.MONITOR, layouts.NAMES)))
        yield "exports", "query-store", few(exporter.copy(exporter.select(layouts.QUERY_STORE)))
        yield "exports", "pghero", few(exporter.copy(exporter.select(layouts.PGHERO, layouts.NAMES)))
        yield "exports", "prometheus-text", few(layouts.exposition(exporter))
        yield "exports", "prometheus-api", smaller(json.loads(layouts.answer(exporter, [1.0, 2.0], [1.0, 2.0])))
        document = layouts.dimension_keys(exporter)
        yield "exports", "insights-keys", smaller(document)
        metrics = [
            {"Key": {"Metric": metric, "Dimensions": key["Dimensions"]},
             "DataPoints": [{"Timestamp": layouts.BEGIN + 60, "Value": value}]}
            for key in document.pop("Keys") for metric, value in key["AdditionalMetrics"].items()
        ]  # fmt: skip
        yield "exports", "insights-metrics", smaller({**document, "Identifier": "db-X", "MetricList": metrics})
        yield "exports", "datadog", smaller(layouts.payloads(exporter))
        yield "exports", "sql-file", layouts.SQL


def few(data: bytes) -> bytes:
    """Return the beginning of a text of rows; JSON in one line loses elements instead."""
    try:
        return smaller(json.loads(data))
    except ValueError:
        return shortened(data)[: 2 * SIZE]


def smaller(document: Any) -> bytes:
    """Return a JSON document whose lists are cut to three elements."""
    return json.dumps(_smaller(document)).encode()


def _smaller(value: Any) -> Any:
    if isinstance(value, list):
        return [_smaller(item) for item in value[:3]]
    return {key: _smaller(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def documents(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield what the advisor itself writes: workload, snapshot, report, baselines; and what Alembic writes."""
    with Server(embedded_binaries(), {"shared_preload_libraries": "pg_stat_statements",
                                      "log_min_duration_statement": "0"}) as server:  # fmt: skip
        with server.connect() as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements;" + SCHEMA)
            connection.execute("SELECT pg_stat_statements_reset()")
        run_workload(server)
        log, snapshot = folder / "server.log", folder / "snapshot"
        log.write_bytes(server.log.read_bytes())
        advisor("snapshot", server.url(), "-o", snapshot)
        dump = server.run("pg_dump", "--schema-only")
        yield "dump", "schema.sql", dump.stdout.encode()
        statistics = server.run("pg_dump", "--statistics-only")
        yield "statistics", "dump.sql", shortened(statistics.stdout.encode(), 2 * SIZE)
    for path in sorted(snapshot.iterdir()):
        kept = path.read_bytes()
        if path.name == "statements.csv":
            path.write_bytes(kept := shortened(kept))
        yield "snapshot", path.name, kept
    workload, report = folder / "workload.json", folder / "report.json"
    advisor("capture", log, "-o", workload)
    yield "workload", "log.json", workload.read_bytes()
    advisor("capture", snapshot / "statements.csv", "-o", workload)
    yield "workload", "statements.json", workload.read_bytes()
    accepted, plans = folder / "findings.json", folder / "plans.json"
    advisor("advise", log, "--snapshot", snapshot, "--baseline", accepted, "--update-baseline")
    advisor("advise", log, "--snapshot", snapshot, "--save", report)
    advisor("check", log, "--snapshot", snapshot, "--baseline", plans, "--update-baseline")
    yield "report", "report.json", report.read_bytes()
    yield "accepted", "findings.json", accepted.read_bytes()
    yield "baseline", "plans.json", plans.read_bytes()
    yield "configuration", "advisor.toml", CONFIGURATION
    subprocess.run([sys.executable, "-m", "alembic", "init", "migrations"], cwd=folder, check=True, capture_output=True)
    yield "alembic", "alembic.ini", (folder / "alembic.ini").read_bytes()
    yield "environment", "env.py", (folder / "migrations" / "env.py").read_bytes()


CONFIGURATION = b"""snapshot = "prod"
quiet = true
select = ["NPO", "CAC"]

[advise]
budget = "2GB"
fail-level = "warning"

[check]
format = "text"

[rules]
budgets = { job = 500 }

[[suppress]]
reason = "known"
code = "IDX"
tables = ["book"]
expires = 2027-01-01
"""


def advisor(*arguments: object) -> None:
    """Run the advisor as a team would."""
    command = [sys.executable, "-c", "from advisor.cli.main import main; main()", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")


def slug(name: str) -> str:
    """Return a name as part of a file name."""
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())


if __name__ == "__main__":
    main()
