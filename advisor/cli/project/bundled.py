"""Folders that ship with the package: inside it in a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from advisor.errors import AdvisorError

_PACKAGE = Path(__file__).parents[2]


def bundled(name: str) -> Path:
    """Return the folder of this name; raises `AdvisorError` where the installation lacks it."""
    for candidate in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise AdvisorError(f"the folder {name} is missing from this installation", do="install pgadvisor anew")
