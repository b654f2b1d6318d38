"""stdout is data: whatever a C library prints goes to stderr, and a closed stream is said, never survived in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOISY = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
os.write(1, b"printed at import\\n")
libc.puts(b"printed at load, through stdio")
libc.fflush(None)
libc.puts(b"printed at exit, when stdio is flushed")
sys.path.remove(os.path.dirname(__file__))
del sys.modules["click"]
import click
"""
"""Stands before the real click, the first library that the command imports, and hands over to it."""

PAGE_HEAD = "# n-plus-one (NPO001)"


@pytest.fixture
def noisy(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "click.py").write_text(NOISY)
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def advisor(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "advisor", "--isolated", *arguments]
    return subprocess.run(command, text=True, stderr=subprocess.PIPE, **options)


def test_what_a_library_prints_at_import_load_and_exit_goes_to_stderr(noisy: dict[str, str]) -> None:
    done = advisor("rule", "NPO001", stdout=subprocess.PIPE, env=noisy)
    assert done.returncode == 0
    assert done.stdout.startswith(PAGE_HEAD)
    assert "printed" not in done.stdout
    for moment in ("import", "load", "exit"):
        assert f"printed at {moment}" in done.stderr


def test_the_solvers_banner_is_neither_data_nor_noise(tmp_path: Path) -> None:
    program = (
        "from advisor import stdout; stdout.keep()\n"
        "from advisor.indexes.choice.program import Configuration, Problem, solve\n"
        "one = Configuration(frozenset({0}), 5.0)\n"
        "print(sorted(solve(Problem(((one,),), (8192,), (1.0,), (0,)))))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[0]\n", "")


def test_a_closed_stdout_is_one_error_and_status_1() -> None:
    done = advisor("rule", "NPO001", preexec_fn=lambda: os.close(1))
    assert done.returncode == 1
    assert done.stderr.startswith("error: stdout is closed")


def test_a_closed_stderr_is_status_1_and_no_half_of_the_output() -> None:
    command = [sys.executable, "-m", "advisor", "rule", "NPO001"]
    done = subprocess.run(command, stdout=subprocess.PIPE, preexec_fn=lambda: os.close(2))
    assert (done.returncode, done.stdout) == (1, b"")


def test_psql_on_the_twin_still_writes_to_stdout(tmp_path: Path) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text("CREATE TABLE t (a integer);")
    done = advisor("twin", "--schema", str(schema), "-q", "-c", "SELECT 6 * 7 AS answer", stdout=subprocess.PIPE)
    assert "42" in done.stdout, done.stderr
