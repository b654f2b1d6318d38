"""The commands behind the tools: each runs once, without credentials, and gives what it printed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from advisor.errors import AdvisorError, UsageError

SECONDS = 600
"""Longest time for one tool."""
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
"""Variables that a command sees: no URL, no password, no token."""


def told(words: Sequence[str], root: Path, *, module: str = "advisor", fine: Sequence[int] = (0, 1)) -> str:
    """Return what a command printed on stdout; raises `AdvisorError` with its words when its status is not `fine`."""
    known = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    command = [sys.executable, "-m", module, *words]
    try:
        done = subprocess.run(
            command, cwd=root, env=known, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise AdvisorError(f"not done within {SECONDS} s", do="give fewer or smaller files") from None
    if done.returncode not in fine:
        raise AdvisorError(done.stderr.strip()[-4000:].removeprefix("error: ") or f"status {done.returncode}")
    return done.stdout


def database(snapshot: str | None, schema: str | None) -> list[str]:
    """Return the option that names the database; raises `UsageError` unless exactly one is given."""
    if (snapshot is None) == (schema is None):
        raise UsageError("give either snapshot or schema", do="name a snapshot folder, or a schema dump")
    return ["--snapshot", snapshot] if snapshot else ["--schema", str(schema)]
