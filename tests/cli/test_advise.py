"""`advisor advise` with the least a team may have: a schema dump and some statements."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, placed timestamptz NOT NULL, note text
);
"""
STATEMENTS = "SELECT * FROM orders WHERE customer_id = 42 ORDER BY placed DESC LIMIT 10;"


def advise(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from advisor.cli.main import main; main()"
    command = [sys.executable, "-c", program, "--isolated", "advise", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "statements.sql").write_text(STATEMENTS)
    return tmp_path


def test_a_schema_alone_gives_advice_that_says_how_unsure_it_is(folder: Path) -> None:
    done = advise(folder, "statements.sql", "--schema", "schema.sql", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "warning: no statistics: every table is taken to have 1,000,000 rows" in done.stderr
    report = json.loads(done.stdout)
    [proposal] = [one for one in report["proposals"] if one["action"] == "create"]
    assert [key["column"] for key in proposal["keys"]] == ["customer_id", "placed"]
    assert proposal["confidence"] == "low"
    assert any("every proposal is unsure" in note for note in report["coverage"]["notes"])


def test_advice_by_cost_says_so(folder: Path) -> None:
    done = advise(folder, "statements.sql", "--schema", "schema.sql", "--format", "json", "--aim", "cost")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert any("--aim cost" in note for note in report["coverage"]["notes"])
    [proposal] = [one for one in report["proposals"] if one["action"] == "create"]
    assert [key["column"] for key in proposal["keys"]] == ["customer_id", "placed"]


def test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = set()
    for seed in ("0", "1", "4242"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        outputs.add(advise(folder, "statements.sql", "--schema", "schema.sql", "--format", "json").stdout)
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("statements.sql",), "no database given"),
        (("statements.sql", "--schema", "schema.sql", "--snapshot", "."), "exclude each other"),
        (("statements.sql", "--statistics", "schema.sql"), "--statistics needs --schema"),
        (("statements.sql", "--schema", "schema.sql", "--format", "xml"), "unknown format 'xml'"),
        (("statements.sql", "--schema", "schema.sql", "--verify"), "--verify proves what --write wrote"),
        (("statements.sql", "--schema", "nowhere.sql"), "nowhere.sql"),
        (("nowhere.log", "--schema", "schema.sql"), "nowhere.log"),
    ],
)
def test_what_cannot_be_done_is_one_error_with_a_remedy(
    folder: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    done = advise(folder, *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.count("error: ") == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_baseline_of_findings_lets_through_only_what_is_new(folder: Path) -> None:
    (folder / "paged.sql").write_text("SELECT * FROM orders ORDER BY id LIMIT 10 OFFSET 5000;")
    given = ("--schema", "schema.sql", "--format", "json", "--baseline", "accepted.json")
    first = advise(folder, "paged.sql", *given, "--update-baseline")
    assert first.returncode == 0, first.stderr
    accepted = json.loads((folder / "accepted.json").read_text())["suppress"]
    assert accepted
    assert json.loads(first.stdout)["findings"] == []
    again = advise(folder, "paged.sql", *given, "--fail-level", "info")
    assert json.loads(again.stdout)["findings"] == []
    other = advise(folder, "statements.sql", *given)
    assert "suppression silences nothing" in other.stderr
    assert "accepted.json" in other.stderr


def test_a_redacted_baseline_of_findings_quotes_nothing_and_silences_the_same(folder: Path) -> None:
    (folder / "paged.sql").write_text(
        "SELECT * FROM orders WHERE note = 'zebrafinch' ORDER BY id LIMIT 10 OFFSET 5000;"
    )
    given = ("--schema", "schema.sql", "--format", "json", "--baseline", "accepted.json")
    assert advise(folder, "paged.sql", *given, "--update-baseline", "--redact").returncode == 0
    written = (folder / "accepted.json").read_text()
    assert json.loads(written)["suppress"]
    assert "zebrafinch" not in written and "SELECT" not in written
    assert json.loads(advise(folder, "paged.sql", *given).stdout)["findings"] == []


def test_a_missing_baseline_of_findings_is_an_error(folder: Path) -> None:
    done = advise(folder, "statements.sql", "--schema", "schema.sql", "--baseline", "nowhere.json")
    assert done.returncode == 2
    assert "there is no such file" in done.stderr
