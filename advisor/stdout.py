"""Standard output is data: file descriptor 1 is kept aside, and what a library prints goes to stderr.

A C library writes to descriptor 1 without asking, at import, at load and at exit. `keep` therefore moves the real
standard output to another descriptor, which only `sys.stdout` knows, and makes descriptor 1 a copy of stderr.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_OUT, _ERR = 1, 2
_kept: list[int] = []
"""The descriptor of the real standard output, once it was moved."""


class ClosedStream(Exception):
    """Standard output or standard error was closed by whoever started the process."""


def keep() -> None:
    """Move the real standard output aside; does nothing the second time, or where `sys.stdout` is no file of ours.

    Raises `ClosedStream` when standard output or standard error is closed: what is written would be lost, or would end
    up in a file that is opened later under that number.
    """
    if _kept:
        return
    closed = [name for number, name in ((_OUT, "stdout"), (_ERR, "stderr")) if not _is_open(number)]
    if closed:
        raise ClosedStream(" and ".join(closed))
    if sys.stdout is None or not _writes_to(sys.stdout, _OUT):
        return
    with suppress(OSError):  # what was printed before is data all the same; a full disk shows again below
        sys.stdout.flush()
    _kept.append(os.dup(_OUT))
    os.dup2(_ERR, _OUT)
    old = sys.stdout
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(_kept[0], "wb", closefd=False)),
        encoding=old.encoding,
        errors=old.errors,
        line_buffering=bool(old.line_buffering),
    )


def descriptor() -> int:
    """Return the descriptor of the real standard output, for a child process that may write there (psql)."""
    return _kept[0] if _kept else _OUT


def abandon() -> None:
    """Send what could not be written to nowhere, so that it is not tried again at exit; for after an error was told."""
    if _kept:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _kept[0])
        os.close(nowhere)


@contextmanager
def muted() -> Iterator[None]:
    """Let nothing that a C library prints through descriptor 1 be seen; only where `keep` freed it from data."""
    if not _kept:
        yield
        return
    saved = os.dup(_OUT)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _OUT)
        yield
    finally:
        os.dup2(saved, _OUT)
        os.close(nowhere)
        os.close(saved)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _writes_to(stream: object, number: int) -> bool:
    try:
        return stream.fileno() == number  # type: ignore[attr-defined,no-any-return]
    except (AttributeError, OSError, ValueError):
        return False
