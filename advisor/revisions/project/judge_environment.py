"""Judges a team's `env.py` before a revision is written for it; it is read, never run."""

from __future__ import annotations

from pathlib import Path

from advisor.errors import RevisionError
from advisor.revisions.project.configuration import open_config, script_folder
from advisor.rules.env.findings import EnvironmentFinding
from advisor.rules.env.read_environment import check_source


def check_environment(path: Path) -> tuple[EnvironmentFinding, ...]:
    """Return the findings about an `env.py`, by line. Raises `RevisionError` when it cannot be read or parsed."""
    try:
        return check_source(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = str(error) or "nested too deeply"
        raise RevisionError(f"env.py cannot be read: {why}", where=str(path), do="repair it first") from error


def refuse_unsafe(path: Path) -> None:
    """Raise `RevisionError` when a concurrent build could not run under this `env.py`."""
    errors = [finding for finding in check_environment(path) if finding.level == "error"]
    if errors:
        worst = errors[0]
        what = f"{worst.code} {worst.name}: {worst.what}"
        raise RevisionError(what, where=f"{path}:{worst.line}", do=" or ".join(worst.cures))


def environment_of(config: Path, section: str = "alembic") -> Path:
    """Return the `env.py` that an alembic.ini or pyproject.toml names. Raises `RevisionError`."""
    return script_folder(open_config(config, section)) / "env.py"
