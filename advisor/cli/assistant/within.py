"""Names that an assistant gives, turned into paths of files below one folder; anything else is refused."""

from __future__ import annotations

from pathlib import Path

from advisor.errors import UsageError


def within(root: Path, name: str) -> str:
    """Return the whole path of a file or folder below `root`.

    Raises `UsageError` for a URL, for what is not there or lies elsewhere, and for a folder of which a link leads out.
    """
    if "://" in name:
        raise UsageError("URLs are not taken, only files", where=name.partition("://")[0], do="name a file")
    top = root.resolve()
    path = (top / name).resolve()
    if not path.is_relative_to(top):
        raise UsageError("this lies outside the folder that is served", where=name, do=f"name a file below {top}")
    if not path.exists():
        raise UsageError("no such file or folder", where=name, do="look at its name")
    for inside in path.rglob("*") if path.is_dir() else ():
        if inside.is_symlink() and not inside.resolve().is_relative_to(top):
            raise UsageError("a link in this folder leads outside", where=str(inside.relative_to(top)), do="remove it")
    return str(path)
