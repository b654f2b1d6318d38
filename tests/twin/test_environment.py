"""Servers of ours and connections to them do not see the environment of whoever runs the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import Statistics
from advisor.errors import TwinError
from advisor.twin.servers.environment import closed_off, libpq_parameters
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import start_twin

HOSTILE = {
    "PGPORT": "6000", "PGHOST": "192.0.2.1", "PGUSER": "nobody", "PGDATABASE": "nowhere", "PGSERVICE": "x",
    "PGOPTIONS": "-c search_path=nope", "PGSSLMODE": "require", "PGCHANNELBINDING": "require", "PGREQUIREAUTH": "gss",
    "PGTARGETSESSIONATTRS": "standby", "PGCONNECT_TIMEOUT": "never", "PGPASSWORD": "hidden-one", "PGAPPNAME": "other",
    "PGCLIENTENCODING": "LATIN1", "PGTZ": "Asia/Tokyo", "PGDATESTYLE": "German", "TOKEN": "hidden-two",
}  # fmt: skip


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("hostile")
def test_a_twin_starts_and_plans_as_without_them_and_its_server_sees_none() -> None:
    snapshot = Snapshot("CREATE TABLE t (id int)", Statistics(), {}, 180000)
    with start_twin(snapshot) as twin, twin.connect() as connection:
        row = connection.execute(
            "SELECT current_setting('search_path'), current_setting('TimeZone'), current_setting('DateStyle')"
        ).fetchone()
        assert row == ("public", "UTC", "ISO, MDY")
        folder = dict(part.split("=", 1) for part in twin.conninfo.split() if "=" in part)["host"].strip("'")
        server = int((Path(folder) / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        seen = Path(f"/proc/{server}/environ").read_bytes().decode()
    assert "hidden" not in seen and "PGSERVICE" not in seen and "PATH=" in seen
    assert {name: os.environ[name] for name in HOSTILE} == HOSTILE


@pytest.mark.usefixtures("hostile")
def test_the_users_own_databases_may_rely_on_them() -> None:
    found = libpq_parameters()
    assert (found["port"], found["password"], found["service"]) == ("6000", "hidden-one", "x")
    with closed_off():
        assert libpq_parameters() == {}


def test_the_twin_command_ends_with_them_as_without(tmp_path: Path) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text("CREATE TABLE t (id int PRIMARY KEY);")
    code = "from advisor.cli.main import main; main()"
    command = [sys.executable, "-c", code, "twin", "-q", "--schema", str(schema), "-c", "EXPLAIN SELECT * FROM t"]
    usual, other = (
        subprocess.run(command, capture_output=True, text=True, env={**os.environ, **added}) for added in ({}, HOSTILE)
    )
    assert usual.returncode == 0 and (other.returncode, other.stdout) == (0, usual.stdout), other.stderr


def test_a_server_that_ends_at_once_shows_the_end_of_its_log() -> None:
    with pytest.raises(TwinError, match=r"the end of its log: .*work_mem"):
        Server(embedded_binaries(), {"work_mem": "much"}).__enter__()
