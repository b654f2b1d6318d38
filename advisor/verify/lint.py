"""Runs squawk, where it is installed, on the SQL a revision prints offline."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from advisor.twin.servers.environment import scrubbed

_VERSION_TABLE = "CREATE TABLE alembic_version ("


def find_squawk() -> str | None:
    """Return the squawk program of this environment or of the search path, `None` when there is none."""
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.is_file() else shutil.which("squawk")


def lint(statements: str) -> list[str]:
    """Return squawk's findings, `line: rule: message` each. Raises `FileNotFoundError` when squawk is missing."""
    program = find_squawk()
    if program is None:
        raise FileNotFoundError("squawk")
    command = [program, "--reporter", "json", "--stdin-filepath", "revision.sql"]
    done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False, env=scrubbed())
    try:
        found = json.loads(done.stdout or "[]")
    except json.JSONDecodeError:
        return [done.stderr.strip() or done.stdout.strip()]
    return [f"{item['line'] + 1}: {item['rule_name']}: {item['message']}" for item in found]


def without_version_table(statements: str) -> str:
    """Return offline SQL without the creation of Alembic's own version table, which is not the revision's doing."""
    before, found, after = statements.partition(_VERSION_TABLE)
    return before + after.split(";", 1)[1] if found else statements
