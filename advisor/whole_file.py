"""Files written whole or not at all: what was there before stays until all of the new one is on disk."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY})
"""Why a file may not be put in another's place that can still be written: its folder is closed, it is a mount."""


def write_whole(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file; raises `OSError` where it cannot be written, and leaves the old one, or none, then.

    `mode` is its permissions; those of the file of before, else the usual ones, when not given. A device or a pipe, and
    a file whose folder takes no other, are written as they are.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(part, flags, 0o666 if mode is None else mode), "wb") as file:
            file.write(data)
        if mode is None and target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    except OSError as error:
        if error.errno not in IN_PLACE or not target.exists():
            raise
        target.write_bytes(data)
    finally:
        part.unlink(missing_ok=True)
