"""Makes the corpus: runs every case at once against one server and keeps its logs, statements, schema and labels.

    python -m tests.nplus1_corpus.generate               the corpus
    python -m tests.nplus1_corpus.generate held_out      the cases held out

One server writes the three formats at the same time, so that they hold the same executions; a second run writes stderr
under the server's default prefix. What is committed under `data/` came out of this.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from advisor.twin.servers.server import Server, embedded_binaries
from tests.nplus1_corpus import async_cases, django_cases, pool_cases, psycopg_cases, sqlalchemy_cases
from tests.nplus1_corpus.domain import USERS, schema
from tests.nplus1_corpus.evaluate import CORPUS, HELD_OUT, Corpus
from tests.nplus1_corpus.registry import REGISTRY, Case, Environment, Registry

MODULES = (sqlalchemy_cases, async_cases, django_cases, psycopg_cases, pool_cases)
"""Importing them registers their cases."""
PREFIXES = {"full": "%m [%p] %c %l %v %x %q%u@%d/%a ", "default": "%m [%p] "}
AT_ONCE = 6
"""Cases that run at the same time, so that their sessions interleave."""
POLYMORPHIC = "ALTER TABLE attachments ADD COLUMN owner_type text NOT NULL DEFAULT 'Post';"


def tables() -> str:
    """Return the SQL that makes all tables and their rows."""
    families = [schema(case.family) for case in REGISTRY.cases.values()]
    return "\n\n".join([USERS, *families, POLYMORPHIC, "ANALYZE;", ""])


def run_case(case: Case, host: str, database: str) -> str | None:
    """Run one case; return what went wrong, if anything."""
    try:
        case.run(Environment(host, database, case.name, random.Random(case.name)))
    except Exception as error:
        return f"{case.name}: {type(error).__name__}: {error}"
    return None


def generate(target: Path, prefix: str, destinations: str, registry: Registry, schema_sql: str) -> None:
    """Run all cases on a new server and write its logs and statements into `target`."""
    settings = {
        "shared_preload_libraries": "pg_stat_statements",
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "corpus.log",
        "log_rotation_size": "0",
        "log_destination": destinations,
        "log_min_duration_statement": "0",
        "log_line_prefix": prefix,
        "log_timezone": "UTC",
    }
    with Server(embedded_binaries(), settings) as server:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE corpus")
        with server.connect("corpus") as connection:
            connection.execute("SET log_min_duration_statement = -1")
            connection.execute(schema_sql.encode())
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("SELECT pg_stat_statements_reset()")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            cases = sorted(registry.cases.values(), key=lambda case: random.Random(f"order {case.name}").random())
            troubles = [
                found for found in pool.map(lambda case: run_case(case, str(server.folder), "corpus"), cases) if found
            ]
        if troubles:
            raise SystemExit("\n".join(troubles))
        with server.connect("corpus") as connection:
            connection.execute("SET log_min_duration_statement = -1")
            query = (
                "COPY (SELECT * FROM pg_stat_statements ORDER BY total_exec_time DESC) TO STDOUT (FORMAT csv, HEADER)"
            )
            with connection.cursor().copy(query) as copy:
                (target / "statements.csv").write_bytes(b"".join(copy))
        for path in sorted((server.data / "log").iterdir()):
            shutil.copy(path, target / path.name)


def keep(source: Path, target: Path) -> None:
    """Compress a file into the corpus; the same content gives the same bytes."""
    with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(source.read_bytes())


def make(corpus: Corpus, registry: Registry, schema_sql: str) -> None:
    """Make one corpus: its logs, statements, schema and labels."""
    with tempfile.TemporaryDirectory() as folder:
        full, default = Path(folder) / "full", Path(folder) / "default"
        for target in (full, default):
            target.mkdir()
        generate(full, PREFIXES["full"], "stderr,csvlog,jsonlog", registry, schema_sql)
        generate(default, PREFIXES["default"], "stderr", registry, schema_sql)
        for name, suffix in zip(corpus.same_run, ("log", "csv", "json"), strict=True):
            keep(full / f"corpus.{suffix}", corpus.path(name))
        keep(default / "corpus.log", corpus.path(corpus.default))
        keep(full / "statements.csv", corpus.path(corpus.statements))
    corpus.schema.write_text(schema_sql)
    labels = [
        {
            "case": case.name,
            "group": case.group,
            "why": case.why,
            "tables": case.family.tables,
            "labels": [asdict(label) for label in case.labels],
        }
        for case in registry.cases.values()
    ]
    corpus.labelled.write_text(json.dumps(labels, indent=1, sort_keys=True) + "\n")
    positives = sum(1 for case in registry.cases.values() if case.labels)
    print(f"{positives} positive cases, {len(registry.cases) - positives} look-alikes")


def main() -> None:
    """Make the corpus that is asked for."""
    assert all(MODULES)
    if sys.argv[1:] == ["held_out"]:
        from tests.nplus1_corpus import held_out_cases

        make(HELD_OUT, held_out_cases.HELD_OUT, HELD_OUT.schema.read_text())
    else:
        make(CORPUS, REGISTRY, tables())


if __name__ == "__main__":
    main()
