"""Pending revisions before the gate: what one of them lacks is made or named, and the gate never vouches for what it did
not see.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.check_command import command
from advisor.errors import ProofError
from advisor.twin.servers.server import Server

REVISION = """from alembic import op
import sqlalchemy as sa
revision = "{name}"
down_revision = {down!r}
def upgrade():
    {body}
def downgrade():
    pass
"""
READS_ROWS = 'op.get_bind().execute(sa.text("SELECT id FROM orders WHERE id = 70")).scalar_one()'
COPIES_IN_BATCHES = """bind = op.get_bind()
    last = bind.execute(sa.text("SELECT max(id) FROM orders")).scalar_one()
    op.execute("CREATE TABLE totals (id int PRIMARY KEY, total int)")
    for begin in range(0, last + 1, 1000):
        bind.execute(sa.text("INSERT INTO totals SELECT id, total FROM orders WHERE id >= :n"), {"n": begin})
    op.execute("ALTER TABLE orders DROP CONSTRAINT orders_pkey")"""


@pytest.fixture
def checkout(server: Server, database: str, connection: psycopg.Connection, tmp_path: Path) -> Path:
    """A folder with a snapshot, an accepted baseline and an Alembic environment whose env.py must not run."""
    connection.execute("CREATE TABLE orders (id int PRIMARY KEY, total int)")
    connection.execute("INSERT INTO orders SELECT n, n FROM generate_series(1, 50000) n; ANALYZE orders")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text("raise SystemExit('env.py was run')\n")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (tmp_path / "queries.sql").write_text("SELECT total FROM orders WHERE id = 7;\n")
    assert run(tmp_path, tmp_path / "queries.sql", "--update-baseline").exit_code == 0
    return tmp_path


def pending(checkout: Path, *bodies: str) -> None:
    down = None
    for number, body in enumerate(bodies, 1):
        name = f"{number:04}"
        text = REVISION.format(name=name, down=down, body=body)
        (checkout / "migrations" / "versions" / f"{name}.py").write_text(text)
        down = name


def run(checkout: Path, *arguments: object) -> Result:
    given = [*arguments, "--snapshot", checkout / "prod", "--baseline", checkout / "plans.json"]
    return CliRunner().invoke(command, [str(one) for one in given])


def test_a_grant_to_a_role_that_the_snapshot_does_not_know_is_no_obstacle(checkout: Path) -> None:
    pending(checkout, 'op.execute("GRANT SELECT ON orders TO reports_of_nobody")')
    done = run(checkout, "--alembic", checkout / "alembic.ini")
    assert (done.exit_code == 0 and done.stdout.startswith("passed:")) or "passed: 1 queries" in done.stdout, (
        done.output
    )
    assert "role reports_of_nobody is not in the snapshot: made on the twin" in done.stderr


def test_a_revision_that_needs_rows_is_named_and_the_rest_is_checked(checkout: Path) -> None:
    pending(checkout, READS_ROWS, 'op.execute("ALTER TABLE orders DROP CONSTRAINT orders_pkey")')
    done = run(checkout, "--alembic", checkout / "alembic.ini")
    assert done.exit_code == 1 and "error PLN001" in done.stdout, "the index that the second one drops is missed"
    place = f"{checkout / 'migrations' / 'versions' / '0001.py'}:6: revision 0001 failed: "
    assert place in done.stderr and "SELECT id FROM orders" in done.stderr and "--skip 0001" in done.stderr
    assert "NOT APPLIED revision 0001 failed" in done.stdout and "1 pending revisions not applied" in done.stdout


def test_what_was_not_applied_is_never_passed_or_accepted(checkout: Path) -> None:
    pending(checkout, READS_ROWS)
    before = (checkout / "plans.json").read_bytes()
    done = run(checkout, "--alembic", checkout / "alembic.ini")
    assert done.exit_code == 2 and "INCOMPLETE: 1 queries checked" in done.stdout
    refused = run(checkout, "--alembic", checkout / "alembic.ini", "--update-baseline")
    assert isinstance(refused.exception, ProofError) and "nothing was accepted" in str(refused.exception)
    assert (checkout / "plans.json").read_bytes() == before
    skipped = run(checkout, "--alembic", checkout / "alembic.ini", "--skip", "0001")
    assert skipped.exit_code == 0 and "passed: 1 queries checked" in skipped.stdout


def test_a_data_migration_runs_on_a_row_that_stands_in_for_those_of_production(checkout: Path) -> None:
    pending(checkout, COPIES_IN_BATCHES, 'assert not op.get_bind().execute(sa.text("TABLE totals")).all()')
    done = run(checkout, "--alembic", checkout / "alembic.ini")
    assert "applied 2 pending revisions to the twin: 0001, 0002" in done.stderr, done.output
    assert "revisions read rows of orders: one row stood in for production's" in done.stderr
    assert done.exit_code == 1 and "by     revision 0001" in done.stdout, "what else it does is judged"
