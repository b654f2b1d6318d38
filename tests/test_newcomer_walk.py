"""A newcomer adds a rule by CONTRIBUTING.md alone: the files it shows are written as shown, its commands are run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILE = re.compile(r"`([\w/.-]+)`:\n\n```(?:python|toml)\n(.*?)\n```\n\n(?=\S)", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the walk touches."""
    for folder in ("advisor", "docs/rules", "tests/rules", "tests/nplus1_corpus", "sql/export"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests/matrix").mkdir()
    matrix = ("tests/matrix/__init__.py", "tests/matrix/table.py")
    for name in ("pyproject.toml", "README.md", "tests/__init__.py", "tests/conftest.py", *matrix):
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def _walk() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return text[text.index("## Walk: a rule") : text.index("The other three walks")]


def _run(command: str, folder: Path) -> str:
    words = command.replace("advisor rule", "python -m advisor rule", 1) if command.startswith("advisor") else command
    known = {**os.environ, "PYTHONPATH": str(folder), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(words, shell=True, cwd=folder, env=known, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_walk_makes_a_rule_that_is_found_documented_and_tested(checkout: Path) -> None:
    written = FILE.findall(_walk())
    assert [name for name, _ in written] == [
        "advisor/rules/sql/random_order.py",
        "tests/rules/cases/SQL900-random-order.toml",
    ]
    for name, text in written:
        (checkout / name).write_text(text + "\n")
    commands = SHELL.findall(_walk())[0].splitlines()
    page, _, tests = [_run(command, checkout) for command in commands]
    assert "sorted by chance" in page
    assert "SQL900" in (checkout / "docs/rules/README.md").read_text()
    assert (checkout / "docs/rules/SQL900-random-order.md").is_file()
    assert "[100%]" in tests
    _run("ruff check -q advisor tests && ruff format -q --check advisor", checkout)


def test_every_file_that_contributing_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = {name for name in re.findall(r"`((?:advisor|tests|docs|benchmarks)/[\w/.]+)`", text) if "NAME" not in name}
    made = {name for name, _ in FILE.findall(_walk())} | {"docs/rules/SQL900"}
    assert [name for name in sorted(named) if not (ROOT / name).exists() and not name.startswith(tuple(made))] == []
