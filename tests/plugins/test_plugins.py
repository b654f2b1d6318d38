"""Rules and output formats of other packages, through entry points: a test package stands on the path, as installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ACME = Path(__file__).parent / "acme"
SCHEMA = "CREATE TABLE messages (id bigint PRIMARY KEY); CREATE TABLE person (id bigint PRIMARY KEY);"


def _advisor(folder: Path, *arguments: str, path: Path = ACME) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "PYTHONPATH": os.pathsep.join((str(Path(__file__).parents[2]), str(path)))}
    command = [sys.executable, "-m", "advisor", *arguments]
    return subprocess.run(command, cwd=folder, env=known, capture_output=True, text=True, timeout=300)


def test_a_rule_of_another_package_is_listed_and_has_a_page(tmp_path: Path) -> None:
    listed = _advisor(tmp_path, "rule")
    assert "ACM001" in listed.stdout, listed.stderr
    assert "Acme's naming rule" in _advisor(tmp_path, "rule", "ACM001").stdout


def test_its_findings_are_reported_in_its_format(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "statements.sql").write_text("SELECT * FROM messages WHERE id = 1;")
    done = _advisor(
        tmp_path, "advise", "statements.sql", "--schema", "schema.sql", "--select", "ACM", "--format", "acme"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ACM001;public.person is not in the plural\n"


def test_a_package_that_cannot_be_imported_is_one_clear_error(tmp_path: Path) -> None:
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pgadvisor.rules]\nnone = no_such_module:Rule\n")
    done = _advisor(tmp_path, "rule", path=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: entry point none of broken: it cannot be imported: ModuleNotFoundError")


def test_a_rule_under_a_code_of_ours_is_refused(tmp_path: Path) -> None:
    info = tmp_path / "twice-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: twice\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pgadvisor.rules]\ntwice = advisor.rules.npo.n_plus_one:NPlusOne\n")
    done = _advisor(tmp_path, "rule", path=tmp_path)
    assert done.returncode == 2
    assert "there is a rule NPO001 n-plus-one" in done.stderr
