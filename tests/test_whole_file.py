"""A file that we write is whole or what it was before, whatever stands in the way."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from advisor.whole_file import write_whole


@contextmanager
def room(size: int) -> Iterator[None]:
    """Let no file grow larger: a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("before", [b"what was there", None], ids=["over another", "anew"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, before: bytes | None) -> None:
    target = tmp_path / "report.json"
    if before is not None:
        target.write_bytes(before)
    with room(4096), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        write_whole(target, b"x" * 8192)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if before is None else [before])


def test_a_link_is_written_through_and_the_mode_is_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "baseline.json", tmp_path / "link.json"
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_is_the_owners_is_so_from_the_first_byte(tmp_path: Path) -> None:
    target = tmp_path / "statistics.jsonl"
    target.write_bytes(b"old")
    target.chmod(0o644)
    write_whole(target, b"new", 0o600)
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_replaced_is_written_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(self: Path, target: Path) -> Path:
        raise OSError(errno.EBUSY, "a mount")

    target = tmp_path / "baseline.json"
    target.write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", busy)
    write_whole(target, b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_a_device_is_written_as_it_is() -> None:
    write_whole(Path("/dev/null"), b"anything")
    assert not Path("/dev/null").is_file()
