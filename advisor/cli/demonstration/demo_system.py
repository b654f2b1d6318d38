"""An example system as the demo uses it: its data, its application, its Alembic environment."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import psycopg
from psycopg import sql

from advisor.cli.project.bundled import bundled
from advisor.errors import AdvisorError, UsageError
from advisor.twin.servers.server import Server
from advisor.verify.proof import Timing

SYSTEMS = {
    "agents": "an ORM that loads lazily over tables with primary keys only",
    "boardroom": "lazy loading in loops, OFFSET paging, single-column indexes",
    "elephant": "whole conversations fetched for a list, tasks counted per session",
    "episodes": "look-ups one at a time, the same patterns again and again",
    "toobix": "LIKE '%…%', a connection a request, nothing prepared, one INSERT at a time",
}
"""The systems and what is wrong with each: the folders of sql/systems."""

_BASE = '''"""The schema of the example system {name} as its first release had it.

Revision ID: {name}_0001
Revises:
"""

from alembic import op

revision = "{name}_0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = {schema!r}


def upgrade() -> None:
    """Make every table and index of the first release."""
    op.get_bind().exec_driver_sql(SCHEMA)


def downgrade() -> None:
    """Refuse: there is nothing before the first release."""
    raise NotImplementedError("nothing comes before the first release")
'''


@dataclass(frozen=True, slots=True)
class DemoSystem:
    """Where the demo's copy of a system lies."""

    name: str
    source: Path
    """The folder of sql/systems."""
    alembic: Path
    """The copied environment's alembic.ini."""

    @staticmethod
    def copy_to(output: Path, name: str = "boardroom") -> DemoSystem:
        """Copy the Alembic environment, with its base revision only, so that the advisor writes into the copy.

        Raises `UsageError` for a name that is no system's.
        """
        if name not in SYSTEMS:
            raise UsageError(f"there is no example system {name!r}", do=f"use one of: {', '.join(SYSTEMS)}")
        source, copied = bundled("sql") / "systems" / name, output / "migrations"
        ignored = shutil.ignore_patterns("__pycache__", "advised")
        shutil.copytree(bundled("migrations"), copied, ignore=ignored)
        if name != "boardroom":
            _rename(copied, name, (source / "schema.sql").read_text(encoding="utf-8"))
        return DemoSystem(name, source, copied / "alembic.ini")

    def load(self, server: Server, database: str) -> None:
        """Create the database, its schema by the base revision and its rows by the seed."""
        from advisor.verify.running.upgrade import History

        with server.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        with History.open(self.alembic) as history:
            history.upgrade(server.url(database))
        seeded = server.run(
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", str(self.source / "seed.sql")
        )
        if seeded.returncode:
            raise AdvisorError(f"seeding failed: {seeded.stderr.strip()}", do="please report this")
        with server.connect(database) as connection:
            connection.execute("ANALYZE")
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            # Loading is not the application's work: it must count neither as queries nor as writes.
            connection.execute("SELECT pg_stat_statements_reset(), pg_stat_reset()")

    def run_application(self, url: str, requests: int, seed: int) -> dict[str, int]:
        """Run the application's requests over two connections and return how many there were of each kind."""
        location = importlib.util.spec_from_file_location(f"{self.name}_workload", self.source / "workload.py")
        assert location and location.loader
        module = importlib.util.module_from_spec(location)
        sys.modules[location.name] = module  # SQLAlchemy resolves the models' annotations through it
        location.loader.exec_module(module)
        counts = module.run(url, requests=requests, seed=seed, connections=2)
        assert isinstance(counts, dict)
        return counts

    def upgrade(self, url: str) -> Sequence[str]:
        """Apply what the advisor wrote, refresh the statistics, and return the revisions applied."""
        from advisor.verify.running.upgrade import History

        with History.open(self.alembic) as history:
            applied = history.upgrade(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
        return applied

    def timings(self, before: Path, after: Path) -> tuple[Timing, ...]:
        """Return the run times of every query in two logs of the same requests, heaviest first."""
        from advisor.workload.collect import collect

        first, second = collect([str(before)]), {query.id: query for query in collect([str(after)]).queries}
        rows = []
        for query in first.queries:
            other = second.get(query.id)
            if other and query.total_ms >= 1:
                spread = [(one.p50_ms or 0, one.p95_ms or 0, one.p99_ms or 0) for one in (query, other)]
                rows.append(Timing(query.id, int(query.calls), spread[0], spread[1], query.total_ms, other.total_ms))
        return tuple(rows)

    def drop_index(self, server: Server, database: str, report: Path) -> str:
        """Drop the most useful index that the saved report proposed, and return its name."""
        proposals = orjson.loads(report.read_bytes())["proposals"]
        name = next(proposal["name"] for proposal in proposals if proposal["action"] != "drop")
        with server.connect(database) as connection:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        return str(name)


def _rename(environment: Path, name: str, schema: str) -> None:
    """Make the copied environment, which is boardroom's, that of another system."""
    (environment / "boardroom").rename(environment / name)
    versions = environment / name / "versions"
    shutil.rmtree(versions)
    versions.mkdir()
    base = _BASE.format(name=name, schema=schema)
    (versions / f"{name}_0001_base.py").write_text(base, encoding="utf-8")
    ini = environment / "alembic.ini"
    ini.write_text(ini.read_text(encoding="utf-8").replace("boardroom", name), encoding="utf-8")
