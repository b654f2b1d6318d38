"""The one file beside revisions that holds what every build of an index needs: `concurrently/__init__.py`."""

from __future__ import annotations

from pathlib import Path

from advisor.revisions import concurrently
from advisor.revisions.body import HELPER


def helper_source() -> str:
    """Return the text of the file."""
    return Path(concurrently.__file__).read_text(encoding="utf-8")


def helper_of(folder: Path) -> Path:
    """Return where the file stands for the revisions of a folder: Alembic takes no `__init__.py` for a revision."""
    return folder / HELPER / "__init__.py"


def write_helper(path: Path) -> None:
    """Write the file where there is none; one that is there is left alone."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(helper_source(), encoding="utf-8")


def remove(path: Path) -> None:
    """Remove a written file, and the helper's folder with the helper."""
    path.unlink()
    if path == helper_of(path.parent.parent):
        path.parent.rmdir()
