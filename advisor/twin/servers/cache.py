"""The cache folder: server binaries a server's user can reach, and empty clusters ready to be copied.

Everything in it can be made again at any time, and nothing in it is trusted unless the folder and all that leads to it
belong to us and nobody else may write there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_MODE = 0o755
_DRAFT = ".draft-"
_DRAFT_SECONDS = 3600.0


def cache_root() -> Path | None:
    """Return the cache folder, made if need be; `None` where there is none that is safe."""
    for root in _roots():
        with contextlib.suppress(OSError):
            root.mkdir(mode=_MODE, parents=True, exist_ok=True)
            if _safe(root):
                return root
    return None


def cached(name: str, fill: Callable[[Path], None]) -> Path | None:
    """Return the cached folder `name`; make it with `fill` first when it is missing, `None` without a cache.

    It appears under its name only when it is complete, so a run that dies half-way or races another harms nobody.
    """
    root = cache_root()
    if root is None:
        return None
    target = root / name
    if target.is_dir() and _safe(target):
        return target
    _forget_drafts(root)
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=root))
    try:
        with _locked(draft):
            fill(draft)
            draft.chmod(_MODE)
            with contextlib.suppress(OSError):  # another run was faster
                draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target if target.is_dir() and _safe(target) else None


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with its holder; raises `OSError` when another holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _forget_drafts(root: Path) -> None:
    """Remove what runs that were killed half-way left; what somebody fills is locked, whatever the clock says."""
    for draft in root.glob(f"{_DRAFT}*"):
        with contextlib.suppress(OSError):
            if abs(time.time() - draft.stat().st_mtime) > _DRAFT_SECONDS:
                with _locked(draft):
                    shutil.rmtree(draft, ignore_errors=True)


def _roots() -> list[Path]:
    if os.geteuid() == 0:
        return [Path("/var/cache/pgadvisor")]
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:  # neither HOME nor an entry in the list of users, as in many containers: nothing is kept
        return []
    return [home / "pgadvisor"] if home.is_absolute() else []


def _safe(folder: Path) -> bool:
    """Return whether only we (or root) can have put anything there."""
    if folder.is_symlink():
        return False
    return all(_private(place) for place in (folder.resolve(), *folder.resolve().parents))


def _private(place: Path) -> bool:
    found = place.stat()
    writable = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return found.st_uid in (0, os.geteuid()) and (not writable or bool(found.st_mode & stat.S_ISVTX))
