"""Inputs become byte streams: paths, globs, folders, stdin, remote objects, and archives of all of these."""

from __future__ import annotations

import bz2
import glob
import gzip
import io
import lzma
import os
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from advisor.capture.conninfo import is_conninfo
from advisor.capture.files.encoding import HEAD as ENCODED
from advisor.capture.files.encoding import as_written, recoding
from advisor.capture.files.unpacked import Bounded, Counted
from advisor.capture.files.zstd import ZstdError, ZstdFile
from advisor.errors import InputError

HEAD = 256 * 1024
"""Bytes at the beginning of an input that decide what it is."""

REMOTE = re.compile(r"^[a-z][a-z0-9+]*://")


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of bytes that can be opened, decompressed, from its beginning."""

    name: str
    """How messages name it."""
    opener: Callable[[], BinaryIO] = field(repr=False, compare=False)
    path: Path | None = None
    """The local file, where there is one that is not an archive of several."""

    def open(self) -> BinaryIO:
        """Return the decompressed stream; raises `InputError` when it cannot be read."""
        from advisor.capture.files.archives import BROKEN

        try:
            return as_written(decompressed(self.opener()))
        except (*BROKEN, KeyError) as error:
            raise unreadable(self.name, error) from error

    def plain(self) -> Path | None:
        """Return the local file when it is a regular one that holds what was written, byte for byte."""
        if self.path is None or not self.path.is_file():
            return None
        with self.opener() as stream:
            first = stream.read(ENCODED)
        if any(first.startswith(magic) for magic, _ in COMPRESSIONS) or recoding(first) != (0, None, False):
            return None
        return self.path

    def head(self, size: int = HEAD) -> bytes:
        """Return the first `size` decompressed bytes; raises `InputError` when they cannot be read."""
        with self.open() as stream:
            return b"".join(blocks(stream, size, self.name, limit=size))


def unreadable(name: str, error: Exception) -> InputError:
    """Return the one error for an input that cannot be opened or read."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return InputError(f"cannot be read: {reason}", where=name, do="check the path and its permissions")


def blocks(stream: BinaryIO, size: int, name: str, limit: int | None = None) -> Iterator[bytes]:
    """Yield blocks of exactly `size` bytes (the last one shorter), at most `limit` bytes in all.

    Raises `InputError` when the stream breaks; a truncated archive ends the stream instead, since its beginning is
    as good as any log.
    """
    read = getattr(stream, "read1", stream.read)  # `read` of a truncated archive drops what it had decoded
    left = limit if limit is not None else sys.maxsize
    while left > 0:
        parts: list[bytes] = []
        want = min(size, left)
        ended = False
        while want and not ended:
            try:
                part = read(want)
            except (EOFError, zlib.error, lzma.LZMAError, ZstdError):
                part = b""
            except InputError as error:
                raise InputError(error.what, where=name, do=error.do) from None
            except (OSError, RuntimeError, zipfile.BadZipFile, tarfile.TarError) as error:
                raise unreadable(name, error) from error
            ended = not part
            want -= len(part)
            parts.append(part)
        block = b"".join(parts)
        left -= len(block)
        if block:
            yield block
        if ended:
            return


def _zstandard(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, ZstdFile(stream))


def _xz(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, lzma.LZMAFile(stream))


def _lz4(stream: BinaryIO) -> BinaryIO:
    import lz4.frame

    return cast(BinaryIO, lz4.frame.open(stream, "rb"))


COMPRESSIONS: Sequence[tuple[bytes, Callable[[BinaryIO], BinaryIO]]] = (
    (b"\x1f\x8b", lambda stream: cast(BinaryIO, gzip.GzipFile(fileobj=stream))),
    (b"BZh", lambda stream: cast(BinaryIO, bz2.BZ2File(stream))),
    (b"\xfd7zXZ\x00", _xz),
    (b"\x28\xb5\x2f\xfd", _zstandard),
    (b"\x04\x22\x4d\x18", _lz4),
)
"""First bytes of each compression, and what undoes it. File names play no part."""


def decompressed(stream: BinaryIO) -> io.BufferedReader:
    """Return the stream without its compression, recognised by its first bytes."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream))
    magic = buffered.peek(8)[:8]
    for first, undo in COMPRESSIONS:
        if magic.startswith(first):
            packed = Counted(cast(BinaryIO, buffered))
            unpacked = undo(cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, packed), HEAD)))
            return io.BufferedReader(cast(io.RawIOBase, Bounded(unpacked, packed)), HEAD)
    return buffered


def expand(inputs: Sequence[str]) -> list[Source]:
    """Return the sources that the inputs name, in natural name order within a folder, glob or archive.

    `-` is stdin, `scheme://…` goes through fsspec. Raises `InputError` for a name that leads nowhere.
    """
    sources: list[Source] = []
    for name in inputs:
        sources.extend(_expanded(name))
    return sources


def names_database(name: str) -> bool:
    """Return whether an input is meant as a database URL or connection string: a file of that name comes first."""
    return is_conninfo(name) and not os.path.lexists(name)


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key under which `log.2` stands before `log.10`."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", name)]


def _expanded(name: str) -> list[Source]:
    if name == "-":
        return [_stdin()]
    if REMOTE.match(name):
        return _remote(name)
    path = Path(name)
    if path.is_dir():
        return _folder([name], name)
    if not path.exists() and not path.is_symlink() and (matches := glob.glob(name, recursive=True)):  # noqa: PTH207 (it may be absolute)
        return _folder(matches, name)
    return _file(path)


def _folder(paths: Sequence[str], name: str) -> list[Source]:
    """Return the files among these paths and in folders among them, each once."""
    found = [file for path in map(Path, paths) for file in (path.rglob("*") if path.is_dir() else [path])]
    files = sorted({str(file) for file in found if file.is_file()}, key=natural)
    if not files:
        raise InputError("the folder holds no file", where=name, do="name a log, an export or a folder of them")
    return [source for file in files for source in _file(Path(file))]


def _file(path: Path) -> list[Source]:
    from advisor.capture.files.archives import members

    return members(path) or [Source(str(path), lambda: path.open("rb"), path)]


def _stdin() -> Source:
    stream = sys.stdin.buffer
    read: list[bytes] = []

    def opener() -> BinaryIO:
        if not read:
            read.extend(blocks(stream, HEAD, "stdin", limit=HEAD))
            return cast(BinaryIO, io.BytesIO(b"".join(read)))
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, _Rejoined(b"".join(read), stream))))

    return Source("stdin", opener)


class _Rejoined(io.RawIOBase):
    """A stream that cannot be rewound, with the beginning that was already read put back."""

    def __init__(self, beginning: bytes, rest: BinaryIO) -> None:
        self.beginning = memoryview(beginning)
        self.rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self.beginning:
            part = self.beginning[: len(buffer)]
            self.beginning = self.beginning[len(part) :]
        else:
            part = memoryview(self.rest.read(len(buffer)))
        buffer[: len(part)] = part
        return len(part)


def _remote(name: str) -> list[Source]:
    if is_conninfo(name):
        raise InputError("a database URL is not a file", do="pass it with --url")
    try:
        import fsspec
    except ImportError as error:
        do = "pip install 'pgadvisor[remote]'"
        raise InputError("remote files need the optional extra `remote` (fsspec)", where=name, do=do) from error
    try:
        files = fsspec.open_files(name, "rb")
    except Exception as error:  # whatever the storage driver raises is about this address
        raise unreadable(name, error) from error

    def remote(file: fsspec.core.OpenFile) -> Source:
        return Source(f"{name.split('://')[0]}://{file.path}", lambda: cast(BinaryIO, file.open()))

    return [remote(file) for file in sorted(files, key=lambda file: natural(file.path))]
