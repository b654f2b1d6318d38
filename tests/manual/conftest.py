"""The stage on which the manual's commands are played: a real server as production, its log, an Alembic environment."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from advisor.twin.servers.server import Server, embedded_binaries

_numbers = itertools.count()
UNPRIVILEGED = (
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
)  # fmt: skip
"""What makes root a user without rights, but that Python may lie where only root looks (/root)."""
SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, city text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, status text NOT NULL,
                     placed timestamptz NOT NULL, note text);
INSERT INTO customers SELECT g, 'c' || g || '@example.org', 'city ' || g % 40 FROM generate_series(1, 4000) AS g;
INSERT INTO orders SELECT g, 1 + g % 4000, CASE WHEN g % 50 = 0 THEN 'open' ELSE 'done' END,
                          timestamptz '2026-01-01' + g * interval '1 minute', repeat('n', 60)
FROM generate_series(1, 60000) AS g;
"""
PIP = """#!/bin/sh
# Stands in for pip: what the manual installs is installed; a requirement must be one that pyproject.toml knows.
test "$1" = install && case "$2" in pgadvisor|pgadvisor\\[embedded\\]) exit 0;; esac; echo "pip $*: not known" >&2; exit 1
"""


@dataclass(frozen=True)
class Stage:
    """A folder with what the manual's examples name, and the environment of its shell."""

    folder: Path
    environment: dict[str, str]
    before: tuple[str, ...] = ()
    """What the shell is started with: what drops root's rights."""

    def run(self, block: str) -> subprocess.CompletedProcess[str]:
        command = [*self.before, "bash", "-e", "-o", "pipefail", "-c", block]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=400
        )


def play(connection: psycopg.Connection) -> None:
    """Do what the application does: a list, then one query an entry, an e-mail looked up in any case, open orders."""
    for turn in range(1, 16):
        connection.execute("SELECT id, email FROM customers WHERE city = %s ORDER BY id LIMIT 12", [f"city {turn}"])
        for customer in range(turn, turn + 12):
            connection.execute(
                "SELECT id, placed FROM orders WHERE customer_id = %s ORDER BY placed DESC LIMIT 5", [customer]
            )
        connection.execute("SELECT id FROM customers WHERE lower(email) = %s", [f"c{turn}@example.org"])
        connection.execute("SELECT count(*) FROM orders WHERE status = 'open' AND placed > %s", ["2026-01-20"])


TEMPLATE = "manual_production"


@pytest.fixture(scope="session")
def log(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of an application on a database with rows, which stays as the template of each test's production."""
    log = tmp_path_factory.mktemp("manual") / "postgresql.log"
    name = sql.Identifier(TEMPLATE)
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        connection.execute(sql.SQL("ALTER DATABASE {} SET log_min_duration_statement = 0").format(name))
    with server.connect(TEMPLATE) as connection:
        connection.execute("SET log_min_duration_statement = -1")
        connection.execute(SCHEMA)
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute("VACUUM ANALYZE")
    begin = server.log.stat().st_size
    with server.connect(TEMPLATE) as connection:
        play(connection)
    log.write_bytes(server.log.read_bytes()[begin:])
    return log


@pytest.fixture
def production(server: Server, log: Path) -> Iterator[tuple[str, Path]]:
    """A database of the test's own, with the counters of its application: the URL and the application's log."""
    name = f"manual_{next(_numbers)}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
    with server.connect() as connection:
        connection.execute(made)
    with server.connect(name) as connection:
        play(connection)
    yield server.url(name), log
    with server.connect() as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def environment(folder: Path, url: str) -> dict[str, str]:
    """Return the environment of a newcomer's shell: their tools, an empty home, and where production is."""
    tools = folder.parent / f"{folder.name}-bin"
    tools.mkdir()
    (tools / "pip").write_text(PIP)
    (tools / "pip").chmod(0o755)
    (home := folder.parent / f"{folder.name}-home").mkdir()
    path = [str(tools), str(Path(sys.executable).parent), str(embedded_binaries()), "/usr/bin", "/bin"]
    known = {"PATH": ":".join(path), "HOME": str(home), "LANG": "C.UTF-8", "DATABASE_URL": url, "COPY_OF_PROD": url}
    return {
        **known,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        **{key: os.environ[key] for key in ("TMPDIR",) if key in os.environ},
    }


def begin(folder: Path, production: tuple[str, Path]) -> Stage:
    """Return a stage with a log and a team's Alembic environment, as `alembic init` writes it."""
    url, log = production
    folder.mkdir()
    stage = Stage(folder, environment(folder, url))
    shutil.copy(log, folder / "postgresql.log")
    done = stage.run("git init -q && alembic init migrations")
    assert done.returncode == 0, done.stderr
    env = folder / "migrations" / "env.py"
    url_line = 'config.set_main_option("sqlalchemy.url", __import__("os").environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))'
    env.write_text(
        re.sub(r"^config = context.config$", lambda found: f"{found[0]}\n{url_line}", env.read_text(), flags=re.M)
    )
    return stage


@pytest.fixture(scope="session")
def furnished(server: Server, log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that some page takes for granted."""
    stage = begin(tmp_path_factory.mktemp("furnished") / "team", (server.url(TEMPLATE), log))
    for name in ("tests.log", "prod.log", "logs/2026-11-30/postgresql.log", "logs/2026-12-01/postgresql.log"):
        (stage.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(stage.folder / "postgresql.log", stage.folder / name)
    (stage.folder / "migrations" / "0042_zip.sql").write_text("ALTER TABLE customers ADD COLUMN zip text;\n")
    done = stage.run(
        'advisor snapshot -q "$DATABASE_URL" -o prod && advisor export-sql pgadvisor-sql'
        " && advisor capture -q postgresql.log -o workload.json.zst"
        " && advisor check -q workload.json.zst --snapshot prod --baseline plans.json --update-baseline"
    )
    assert done.returncode == 0, done.stderr
    return stage.folder


@pytest.fixture
def stage(furnished: Path, production: tuple[str, Path], tmp_path: Path) -> Stage:
    """A fresh copy of the furnished folder."""
    shutil.copytree(furnished, tmp_path / "team")
    known = environment(tmp_path / "team", production[0])
    return Stage(tmp_path / "team", known)
