"""Archives of several files: zip, and tar with or without compression."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from advisor.capture.files.source import Source, natural, unreadable
from advisor.capture.limits import limits
from advisor.errors import InputError

ZIP = b"PK\x03\x04"
USTAR, AT = b"ustar", 257
"""What a tar archive holds, and where."""

BROKEN = (
    OSError, EOFError, RuntimeError, NotImplementedError,
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What archives that are damaged or encrypted raise."""


def members(path: Path) -> list[Source] | None:
    """Return the files of an archive in natural order, `None` when the file is none; raises `InputError`."""
    head = Source(str(path), lambda: path.open("rb"), path).head(512)
    if head.startswith(ZIP):
        return _sources(path, _zip_names(path), lambda name: _zip_member(path, name))
    if head[AT : AT + len(USTAR)] == USTAR:
        return _sources(path, _tar_names(path), lambda name: _tar_member(path, name))
    return None


def _sources(path: Path, names: list[str], opened: Callable[[str], BinaryIO]) -> list[Source]:
    if not names:
        raise InputError("the archive holds no file", where=str(path), do="name a log, an export or a folder of them")
    if len(names) > limits().members:
        raise InputError(
            f"the archive holds more than {limits().members} files", where=str(path), do="unpack it and name a few"
        )

    def member(name: str) -> Source:
        return Source(f"{path}:{name}", lambda: opened(name))

    return [member(name) for name in sorted(names, key=natural)]


def _zip_names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    except BROKEN as error:
        raise unreadable(str(path), error) from error


def _zip_member(path: Path, name: str) -> BinaryIO:
    return cast(BinaryIO, zipfile.ZipFile(path).open(name))


def _tar_names(path: Path) -> list[str]:
    names: list[str] = []
    try:
        with tarfile.open(path) as archive:
            for entry in archive:
                names += [entry.name] if entry.isfile() else []
                if len(names) > limits().members:
                    break
    except BROKEN as error:
        if not names:
            raise unreadable(str(path), error) from error
    return list(dict.fromkeys(names))


def _tar_member(path: Path, name: str) -> BinaryIO:
    archive = tarfile.open(path)  # noqa: SIM115 (the member keeps it open)
    try:
        for entry in archive:
            if entry.name == name and entry.isfile():
                return cast(BinaryIO, archive.extractfile(entry) or io.BytesIO())
    except BROKEN as error:
        raise unreadable(f"{path}:{name}", error) from error
    return io.BytesIO()
