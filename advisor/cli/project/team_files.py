"""What `advisor init` gives a team's repository: configuration, a CI job and the way to take a snapshot."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from advisor import __version__
from advisor.errors import UsageError

_TEMPLATES = Path(__file__).parent / "templates"
RECIPE = "take-snapshot.sh"
PLACES = {"github": ".github/workflows/plans.yml", "gitlab": ".gitlab/plan-gate.yml"}
"""Where the CI job of each forge lies."""
_PLAIN = re.compile(r"[\w./-]+")


@dataclass(frozen=True, slots=True)
class Team:
    """What the repository calls things, relative to its top."""

    snapshot: str
    baseline: str
    alembic: str | None
    """Alembic's configuration; `None` where there is none."""


def team_files(team: Team, forge: str | None) -> dict[str, bytes]:
    """Return the files by their path in the repository; `forge` is a key of `PLACES`, `None` for no CI job.

    Raises `UsageError` for a name that would need quoting in a shell, in YAML or in TOML.
    """
    for name in (team.snapshot, team.baseline, team.alembic or "-"):
        if not _PLAIN.fullmatch(name) or (name.startswith("-") and name != "-"):
            raise UsageError(f"{name!r} is no plain path", do="use letters, digits and . _ / - only")
    job = f" --alembic {team.alembic}" if team.alembic else ""
    setting = f'alembic = "{team.alembic}"' if team.alembic else '# alembic = "alembic.ini"'
    files = {
        "advisor.toml": _filled("advisor.toml", team, setting),
        RECIPE: _filled("take-snapshot.sh", team, job),
    }
    if forge:
        files[PLACES[forge]] = _filled(f"{forge}.yml", team, job).replace("@PLACE@", PLACES[forge])
    return {name: text.encode() for name, text in files.items()}


def has_configuration(folder: Path) -> bool:
    """Return whether pyproject.toml of this folder configures the advisor already."""
    try:
        document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    tool = document.get("tool")
    return isinstance(tool, dict) and "advisor" in tool


def _filled(name: str, team: Team, alembic: str) -> str:
    """Return a template with its names put in; a released version is pinned to its series, another one is not."""
    released = re.fullmatch(r"(\d+\.\d+)\.\d+", __version__)
    pin = f"=={released[1]}.*" if released else ""
    text = (_TEMPLATES / name).read_text(encoding="utf-8")
    given = {"@SNAPSHOT@": team.snapshot, "@BASELINE@": team.baseline, "@ALEMBIC@": alembic, "@VERSION@": pin}
    for mark, value in given.items():
        text = text.replace(mark, value)
    return text
