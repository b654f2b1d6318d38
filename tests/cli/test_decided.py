"""Proposals that a team accepted or rejected: `--fail-level` fails on what is new only, as configuration or baseline say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, placed timestamptz NOT NULL, note text);
"""
STATEMENTS = "SELECT * FROM orders WHERE customer_id = 42 ORDER BY placed DESC LIMIT 10;"
GIVEN = ("statements.sql", "--schema", "schema.sql", "--format", "json", "--fail-level", "error")


def advise(folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Return the exit status, the report and what was said."""
    command = [sys.executable, "-c", "from advisor.cli.main import main; main()", "advise", *GIVEN, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "statements.sql").write_text(STATEMENTS)
    (tmp_path / "advisor.toml").write_text("")
    return tmp_path


def test_what_the_baseline_accepted_fails_no_more(folder: Path) -> None:
    status, report, _ = advise(folder)
    [proposal] = report["proposals"]
    assert (status, report["failed"], proposal["accepted"]) == (1, True, None)
    status, report, said = advise(folder, "--baseline", "accepted.json", "--update-baseline")
    assert status == 0, said
    assert "and 1 proposals" in said
    [entry] = json.loads((folder / "accepted.json").read_text())["proposals"]
    assert entry == {"id": proposal["id"], "decision": "accepted", "reason": f"create {proposal['name']}"}
    (folder / "accepted.json").write_text(
        (folder / "accepted.json").read_text().replace('"decision"', '"expires": "2020-01-31", "decision"')
    )
    status, _, said = advise(folder, "--baseline", "accepted.json")
    assert status == 1
    assert f"decision on {proposal['id']} ended on 2020-01-31" in said


def test_what_the_configuration_rejects_is_not_proposed(folder: Path) -> None:
    (folder / "advisor.toml").write_text(
        '[[proposals]]\ntable = "orders"\ndecision = "rejected"\nreason = "it goes in spring"\nexpires = 2999-01-31\n'
        '[[proposals]]\nid = "create-0000000000"\ndecision = "accepted"\nreason = "long ago"\n'
    )
    status, report, said = advise(folder)
    assert status == 0, said
    assert report["proposals"] == []
    [rejected] = report["coverage"]["rejected"]
    assert (rejected["table"], rejected["reason"], rejected["expires"]) == ("orders", "it goes in spring", "2999-01-31")
    assert any("it goes in spring (until 2999-01-31)" in note for note in report["coverage"]["notes"])
    assert [why["reason"] for why in report["coverage"]["without_proposal"]] == ["rejected"]
    assert "decision on create-0000000000 means no proposal: long ago" in said


def test_a_decision_without_a_reason_is_an_error_before_any_work(folder: Path) -> None:
    (folder / "advisor.toml").write_text('proposals = [{ table = "orders", decision = "rejected" }]')
    status, _, said = advise(folder)
    assert status == 2
    assert "advisor.toml: proposals[0]" in said and "Traceback" not in said
