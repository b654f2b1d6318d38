"""New files in somebody's folder: all of them, or none where one is there already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from advisor.cli.options.shared_options import check_folder
from advisor.errors import UsageError
from advisor.whole_file import write_all_whole


def lay_down(folder: Path, files: Mapping[str, bytes], *, force: bool, modes: Mapping[str, int] | None = None) -> None:
    """Write files under a folder, by their path below it; folders are made.

    Raises `UsageError`, and writes nothing, where one is there with other contents, unless `force` is given.
    """
    check_folder(folder)
    targets = {folder / name: data for name, data in files.items()}
    taken = [path for path, data in targets.items() if path.exists() and not _holds(path, data)]
    if taken and not force:
        raise UsageError(
            f"{len(taken)} of {len(targets)} files are there already: {', '.join(map(str, taken))}",
            do="look at them, and pass --force to replace them",
        )
    for path in targets:
        check_folder(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
    write_all_whole(targets)
    for name, mode in (modes or {}).items():
        (folder / name).chmod(mode)


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data
