"""`--against REF`: what production drifted to is not the merge's fault, what the merge does is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.check_command import command
from advisor.errors import UsageError
from advisor.twin.servers.server import Server


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def check(folder: Path, *arguments: object) -> Result:
    given = ["--snapshot", folder / "prod", "--baseline", folder / "plans.json", *arguments, "-q"]
    return CliRunner().invoke(command, [str(one) for one in given])


@pytest.fixture
def merge(server: Server, database: str, connection: psycopg.Connection, tmp_path: Path) -> Path:
    """A checkout whose production lost an index by hand since the baseline was accepted."""
    connection.execute("CREATE TABLE orders (id int PRIMARY KEY, zip int, total int)")
    connection.execute("CREATE INDEX ix_zip ON orders (zip); CREATE INDEX ix_total ON orders (total)")
    connection.execute("INSERT INTO orders SELECT n, n, n FROM generate_series(1, 50000) n")
    connection.execute("VACUUM ANALYZE orders")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    (tmp_path / "queries.sql").write_text(
        "SELECT id FROM orders WHERE zip = 7;\nSELECT id FROM orders WHERE total = 7;\n"
    )
    assert check(tmp_path, tmp_path / "queries.sql", "--update-baseline").exit_code == 0
    connection.execute("DROP INDEX ix_zip")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "1.sql").write_text("CREATE TABLE old (id int);\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "base")
    return tmp_path


def test_drift_is_not_the_merges_fault_and_its_own_change_is(merge: Path) -> None:
    new = merge / "migrations" / "2.sql"
    new.write_text("ALTER TABLE old ADD COLUMN a int;\n")
    both = ("--migrations", merge / "migrations")
    assert "PLN001" in check(merge, *both).stdout, "against the baseline the drift counts"
    done = check(merge, *both, "--against", "main")
    assert done.exit_code == 0 and "PLN" not in done.stdout and "2 queries checked" in done.stdout, done.output
    new.write_text("DROP INDEX ix_total;\n")
    done = check(merge, *both, "--against", "main")
    assert done.exit_code == 1 and done.stdout.count("error PLN") == 1, done.output
    assert "error PLN001" in done.stdout and "ix_total is gone" in done.stdout and "2.sql:1" in done.stdout


def test_a_commit_that_is_not_there_is_refused(merge: Path) -> None:
    done = check(merge, "--migrations", merge / "migrations", "--against", "nowhere")
    assert isinstance(done.exception, UsageError) and "--against" in str(done.exception)
    assert isinstance(check(merge, "--against", "main").exception, UsageError)
