"""The examples of docs/api.md, run as they stand, and what they do not show."""

from __future__ import annotations

import doctest
import inspect
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor import api
from advisor.errors import InputError, UsageError
from advisor.twin.servers.server import Server
from tests.revisions.builders import environment

ROOT = Path(__file__).parents[2]


FILL = """
INSERT INTO users SELECT i, 'user ' || i, i % 900 FROM generate_series(1, 2000) i;
INSERT INTO messages SELECT i, 1 + i % 2000, '2026-01-01'::timestamptz + i * interval '1 s', repeat('x', 60)
FROM generate_series(1, 100000) i;
"""


@pytest.fixture
def example(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: Server,
    database: str,
    connection: psycopg.Connection[Any],
) -> Path:
    """The folder in which the examples run."""
    shutil.copytree(Path(__file__).parent / "example", tmp_path, dirs_exist_ok=True)
    log = tmp_path / "app.log"
    log.write_text(log.read_text().replace("@shop", f"@{database}"))
    connection.execute((tmp_path / "schema.sql").read_bytes() + FILL.encode())
    connection.execute("SELECT pg_stat_force_next_flush()")  # else the rows may be counted as written after ANALYZE
    connection.execute("ANALYZE")
    api.save_snapshot(api.take_snapshot(server.url(database)), tmp_path / "prod")
    connection.execute("DROP INDEX ix_users_team_id")
    api.save_snapshot(api.take_snapshot(server.url(database)), tmp_path / "later")
    environment(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_of_the_page_run(example: Path) -> None:
    failed, tried = doctest.testfile(str(ROOT / "docs" / "api.md"), module_relative=False)
    assert tried > 15
    assert failed == 0


def test_every_public_name_is_documented_and_typed() -> None:
    for name in api.__all__:
        value = getattr(api, name)
        assert inspect.getdoc(value), name
        if inspect.isfunction(value):
            signature = inspect.signature(inspect.unwrap(value))
            assert signature.return_annotation is not signature.empty, name
            assert all(one.annotation is not one.empty for one in signature.parameters.values()), name


def test_nothing_of_the_command_line_is_imported() -> None:
    code = "import sys, advisor.api; assert 'click' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_workload_and_a_snapshot_saved_under_text_paths_are_read_again_as_they_were(example: Path) -> None:
    workload, snapshot = api.read_workload("app.log"), api.load_snapshot("prod")
    api.save_workload(workload, "workload.json")
    api.save_snapshot(snapshot, "snapshot")
    assert api.read_workload(example / "workload.json").queries == workload.queries
    assert api.load_snapshot("snapshot").schema_sql == snapshot.schema_sql


def test_a_dump_without_statistics_is_enough_and_every_proposal_is_unsure_then(example: Path) -> None:
    with api.open_twin(api.snapshot_of_dump("schema.sql")) as twin:
        report = api.report(api.analyse(api.read_workload("app.log"), twin), twin)
    assert [proposal.confidence for proposal in report.advice.proposals] == ["low"]
    assert len([note for note in report.notes if "every proposal is unsure" in note]) == 1


def test_errors_are_of_one_family_and_say_what_to_do(example: Path) -> None:
    with api.open_twin(api.load_snapshot("prod")) as twin:
        with pytest.raises(InputError, match='relation "nowhere" does not exist'):
            api.plan(twin, "SELECT * FROM nowhere")
        workload = api.read_workload("app.log")
        analysed = api.analyse(workload, twin)
        with pytest.raises(UsageError, match="there is no rule"):
            api.find(analysed, twin, select=["NOPE"])
        with pytest.raises(UsageError, match="unknown format"):
            api.render(api.compare(workload, workload), "html")
