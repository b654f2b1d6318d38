"""Files written whole or not at all: what was there before stays until all of the new one is on disk."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY})
"""Why a file may not be put in another's place that can still be written: its folder is closed, it is a mount."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file; raises `OSError` where it cannot be written, and leaves the old one, or none, then.

    A device or a pipe, and a file whose folder takes no other, are written as they are.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    except OSError as error:
        if error.errno not in IN_PLACE or not target.exists():
            raise
        target.write_bytes(data)
    finally:
        part.unlink(missing_ok=True)
