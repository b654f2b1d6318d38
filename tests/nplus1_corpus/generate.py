"""Makes the corpus: runs every case at once against one server and keeps its logs, statements, schema and labels.

    python -m tests.nplus1_corpus.generate

One server writes the three formats at the same time, so that they hold the same executions; a second run writes stderr
under the server's default prefix. What is committed under `data/` came out of this.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from advisor.twin.server import Server, embedded_binaries
from tests.nplus1_corpus import async_cases, django_cases, pool_cases, psycopg_cases, sqlalchemy_cases
from tests.nplus1_corpus.domain import USERS, schema
from tests.nplus1_corpus.registry import REGISTRY, Case, Environment

DATA = Path(__file__).parent / "data"
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


def generate(target: Path, prefix: str, destinations: str) -> None:
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
            connection.execute(tables().encode())
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("SELECT pg_stat_statements_reset()")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            cases = sorted(REGISTRY.cases.values(), key=lambda case: random.Random(f"order {case.name}").random())
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


def keep(source: Path, name: str) -> None:
    """Compress a file into the corpus; the same content gives the same bytes."""
    with (DATA / f"{name}.gz").open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(source.read_bytes())


def main() -> None:
    """Make the whole corpus."""
    assert all(MODULES)
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        full, default = Path(folder) / "full", Path(folder) / "default"
        for target in (full, default):
            target.mkdir()
        generate(full, PREFIXES["full"], "stderr,csvlog,jsonlog")
        generate(default, PREFIXES["default"], "stderr")
        for suffix in ("log", "csv", "json"):
            keep(full / f"corpus.{suffix}", f"corpus.{suffix}")
        keep(default / "corpus.log", "default.log")
        keep(full / "statements.csv", "statements.csv")
    (DATA / "schema.sql").write_text(tables())
    labels = [
        {
            "case": case.name,
            "group": case.group,
            "why": case.why,
            "tables": case.family.tables,
            "labels": [asdict(label) for label in case.labels],
        }
        for case in REGISTRY.cases.values()
    ]
    (DATA / "labels.json").write_text(json.dumps(labels, indent=1, sort_keys=True) + "\n")
    positives = sum(1 for case in REGISTRY.cases.values() if case.labels)
    print(f"{positives} positive cases, {len(REGISTRY.cases) - positives} look-alikes")


if __name__ == "__main__":
    main()
