"""What the snapshot says, and names that nothing in it has, reach every report; copies keep the database's settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click import Command
from click.testing import CliRunner, Result

from advisor.catalog.snapshot import save_snapshot, take_snapshot
from advisor.cli.advise_command import command as advise
from advisor.cli.check_command import command as check
from advisor.cli.verify_command import command as verify
from advisor.errors import ProofError
from advisor.twin.servers.server import Server
from tests.revisions.builders import environment

TABLES = """
CREATE SCHEMA logistics;
CREATE TABLE logistics.parcels (id int PRIMARY KEY, depot int NOT NULL, note text);
INSERT INTO logistics.parcels SELECT i, i % 3000, 'parcel ' || i FROM generate_series(1, 60000) i;
ANALYZE;
"""
STATEMENTS = """
SELECT * FROM parcels WHERE depot = 17;
SELECT * FROM parcels p JOIN vanished v ON v.id = p.id WHERE p.depot = 4;
SELECT 1 FROM gone;
"""
ABSENT = 'relation "gone" is not in the snapshot'
REVISION = """
from alembic import op
revision = "r1"
down_revision = branch_labels = depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("parcels_depot", "parcels", ["depot"], postgresql_concurrently=True, if_not_exists=True)


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("parcels_depot", "parcels", postgresql_concurrently=True, if_exists=True)
"""


@pytest.fixture
def folder(server: Server, database: str, connection: psycopg.Connection, tmp_path: Path) -> Path:
    """A snapshot with a note (a table that was never analysed), a workload, a revision."""
    connection.execute(TABLES)
    connection.execute(f"ALTER DATABASE {database} SET search_path = logistics, public".encode())
    connection.execute("CREATE TABLE logistics.fresh AS SELECT i FROM generate_series(1, 9000) i")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    (tmp_path / "workload.sql").write_text(STATEMENTS)
    environment(tmp_path)
    (tmp_path / "migrations" / "versions" / "r1.py").write_text(REVISION)
    return tmp_path


def run(command: Command, folder: Path, *arguments: str) -> Result:
    given = [str(folder / one) if (folder / one).exists() else one for one in arguments]
    return CliRunner().invoke(command, [*given, "--snapshot", str(folder / "prod"), "-q"])


def test_advise_tells_the_notes_and_names_what_it_did_not_analyse(folder: Path) -> None:
    result = run(advise, folder, "workload.sql", "--format", "json")
    coverage: dict[str, Any] = json.loads(result.stdout)["coverage"]
    assert any("never analysed" in note and "logistics.fresh" in note for note in coverage["notes"])
    assert sorted(coverage["not_analysed"].values()) == [ABSENT, 'relation "vanished" is not in the snapshot']
    explained = [why["explanation"] for why in coverage["without_proposal"]]
    assert f"not analysed: {ABSENT}" in explained and not any("reads no table" in one for one in explained)
    text = run(advise, folder, "workload.sql").stdout
    assert f"1 query was not analysed: {ABSENT}" in text and "never analysed" in text


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github"])
def test_check_tells_the_notes_and_counts_what_it_did_not_analyse(folder: Path, form: str) -> None:
    plans = str(folder / "plans.json")
    run(check, folder, "workload.sql", "--baseline", plans, "--update-baseline")
    result = run(check, folder, "workload.sql", "--baseline", plans, "--format", form)
    assert result.exit_code == 0
    assert "never analysed" in result.stdout and "gone" in result.stdout
    if form == "json":
        assert len(json.loads(result.stdout)["not_analysed"]) == 2
    else:
        assert "passed: 1 queries checked, 0 failed, 0 warned, 2 not analysed" in result.stdout


def test_revisions_are_proven_and_timed_under_the_path_of_the_database(
    folder: Path, server: Server, database: str, connection: psycopg.Connection
) -> None:
    connection.close()
    result = run(
        verify, folder, "workload.sql", "--alembic", "alembic.ini", "--data", server.url(database), "--seconds", "1"
    )
    assert "ok  upgrade-again" in result.stdout and "Measured on data" in result.stdout, result.output
    assert "never analysed" in result.stdout and ABSENT in result.stdout


def test_a_finished_proof_is_printed_although_measuring_fails(folder: Path, server: Server) -> None:
    result = run(verify, folder, "workload.sql", "--alembic", "alembic.ini", "--data", server.url("no_such_database"))
    assert isinstance(result.exception, ProofError)
    assert "ok  upgrade-again" in result.stdout
