"""Files written whole or not at all: what was there before stays until all of the new one is on disk."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY})
"""Why a file may not be put in another's place that can still be written: its folder is closed, it is a mount."""
NO_SUCH_CALL = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
"""What a file system says that takes no room ahead."""


def write_whole(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file; raises `OSError` where it cannot be written, and leaves the old one, or none, then.

    `mode` is its permissions; those of the file of before, else the usual ones, when not given. A device or a pipe, and
    a file whose folder takes no other, are written as they are. Of several that write it at once, the last one wins.
    """
    write_all_whole({path: data}, mode)


def write_all_whole(files: Mapping[Path, bytes], mode: int | None = None) -> None:
    """Write files that belong together: none takes its place before all are on disk. Raises `OSError` naming one."""
    with contextlib.ExitStack() as parts:
        placed = [parts.enter_context(_staged(path, data, mode)) for path, data in files.items()]
        for place in placed:
            place()


@contextlib.contextmanager
def _staged(path: Path, data: bytes, mode: int | None) -> Iterator[Callable[[], None]]:
    """Write the file beside its place; give what puts it there. What was not put there is removed at the end."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        yield lambda: _named(path, lambda: target.write_bytes(data))
        return
    part = target.with_name(f"{target.name}.{secrets.token_hex(6)}.part")
    try:
        try:
            _named(path, lambda: _write_part(part, target, data, mode))
        except OSError as error:
            if error.errno not in IN_PLACE or not target.exists():
                raise
            yield lambda: _named(path, lambda: _write_over(target, data))
        else:
            yield lambda: _named(path, lambda: _put(part, target, data))
    finally:
        part.unlink(missing_ok=True)


def _named(path: Path, write: Callable[[], object]) -> None:
    """Run a step; what it raises names the file that was asked for."""
    try:
        write()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_part(part: Path, target: Path, data: bytes, mode: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(part, flags, 0o666 if mode is None else mode), "wb") as file:
        file.write(data)
    if mode is None and target.exists():
        shutil.copymode(target, part)


def _put(part: Path, target: Path, data: bytes) -> None:
    try:
        part.replace(target)
    except OSError as error:
        if error.errno not in IN_PLACE or not target.exists():
            raise
        _write_over(target, data)


def _write_over(target: Path, data: bytes) -> None:
    """Write a file in its place, the room for it taken first, so that a full disk leaves what it holds."""
    with target.open("r+b") as file:
        before = os.fstat(file.fileno()).st_size
        try:
            os.posix_fallocate(file.fileno(), 0, max(len(data), 1))
        except OSError as error:
            file.truncate(before)
            if error.errno not in NO_SUCH_CALL:
                raise
        file.write(data)
        file.truncate()
