"""Revisions for statistics objects: exact whatever the names, reproducible, and clean where others read them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.revisions.write import write_revisions
from advisor.rules.evidence import Facts
from advisor.rules.finding import Finding
from advisor.verify.prove import prove
from advisor.verify.running.upgrade import History
from tests.revisions.builders import definition, environment, proposal, versions

HOSTILE = ":tab \"le's %s ON it \\n FROM"


def finding(statistics: ExtendedStatistics, identifier: str = "f1") -> Finding:
    evidence = {"estimated_rows": 45.0, "rows_per_call": 1084.0, "q_error": 24.1, "calls": 24.0, "queries": ["q1"]}
    title = "city, zip of addresses correlate: 45 rows expected, 1,084 came"
    return Finding(
        identifier, "STA002", "correlated-columns", title, "high", evidence=Facts(evidence), statistics=statistics
    )


PLAIN = ExtendedStatistics.on("public", "addresses", ["zip", "city"], ["mcv", "dependencies"])


@pytest.fixture
def ini(tmp_path):
    return environment(tmp_path)


def test_any_name_is_made_as_proposed_and_dropped_again(ini, server):
    columns = [HOSTILE + "1", "Straße:x", "b%(c)s"]
    quoted = [f'"{name.replace(chr(34), chr(34) * 2)}"' for name in (HOSTILE, *columns)]
    schema_sql = f"CREATE TABLE {quoted[0]} ({', '.join(f'{name} text' for name in quoted[1:])});"
    wanted = ExtendedStatistics.on("public", HOSTILE, columns, ["ndistinct", "dependencies"])
    assert len(wanted.name.encode()) <= 63
    revisions = write_revisions((), ini, findings=[finding(wanted)])
    proof = prove(revisions, url=server.url(), history=History.open(ini), schema_sql=schema_sql)
    assert proof.passed, [step for one in proof.revisions for step in one.steps if not step.passed]


def test_they_come_after_the_indexes_and_once_for_each_object(ini):
    index = proposal(definition("addresses", "city"))
    other = ExtendedStatistics.on("public", "addresses", ["zip", "city"], ["ndistinct"])
    findings = [finding(PLAIN), finding(other, "f2"), finding(PLAIN, "f3")]
    written = write_revisions([index], ini, findings=findings, queries={"q1": "SELECT 1 FROM addresses"})
    assert [(one.kind, one.proposal) for one in written] == [
        ("create", index.id), ("statistics", "f1"), ("statistics", "f2"),
    ]  # fmt: skip
    assert [one.down_revision for one in written] == [None, written[0].revision, written[1].revision]
    assert "- SELECT 1 FROM addresses" in written[1].source and "1,084 came" in written[1].source
    held = versions(ini.parent)
    assert all(one.existing for one in write_revisions([index], ini, findings=findings))
    assert versions(ini.parent) == held


def test_the_same_finding_gives_the_same_revision_anywhere(tmp_path):
    first, second = (write_revisions((), environment(tmp_path / name), findings=[finding(PLAIN)])[0] for name in "ab")
    assert (first.revision, first.sql) == (second.revision, second.sql)


@pytest.mark.parametrize("length", [*range(2, 44, 2), 60])
def test_with_the_model_environment_a_file_is_clean_for_ruff(tmp_path, length):
    root = Path(__file__).parent.parent.parent
    shutil.copytree(root / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    statistics = ExtendedStatistics.on("public", "t" * length, ["city", "zip"], ["dependencies"])
    (revision,) = write_revisions((), tmp_path / "migrations" / "alembic.ini", findings=[finding(statistics)])
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--config", str(root / "pyproject.toml")]
        command += ["--config", 'lint.per-file-ignores = {"**" = ["D1", "ANN"]}', str(revision.path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, revision.source + done.stdout
