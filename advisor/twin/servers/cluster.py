"""Empty clusters: made by initdb once for each set of server binaries, then copied from the cache."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from advisor.errors import TwinError
from advisor.twin.servers.cache import cached
from advisor.twin.servers.claim import UNPRIVILEGED, reachable
from advisor.twin.servers.environment import scrubbed
from advisor.twin.servers.guard import Guard

_CHECKSUMS_BY_DEFAULT_SINCE = 18
_VERSION_SECONDS, _INITDB_SECONDS = 60, 300
_LOCALES = ("C.UTF-8", "C")
_NO_USER = (
    "the user this runs as has no entry in /etc/passwd, as in a container started with a bare number: add one,"
    " run as a named user, or give --twin the URL of a throw-away server"
)


def identity(user: int = UNPRIVILEGED) -> dict[str, Any]:
    """Return the arguments that make a child process run as an unprivileged user, when we are root."""
    return {"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}


def server_version(binaries: Path) -> str:
    """Return `18.6` or the like; raises `OSError` when no server runs from this folder."""
    try:
        done = subprocess.run(
            [str(binaries / "postgres"), "-V"], capture_output=True, text=True, check=True, env=scrubbed(),
            timeout=_VERSION_SECONDS,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise OSError(f"{binaries / 'postgres'} does not run: {error.stderr.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{binaries / 'postgres'} did not tell its version in {_VERSION_SECONDS} s") from error
    return done.stdout.split()[2]


def reachable_binaries(binaries: Path) -> Path:
    """Return a folder of the same binaries that the server's user can reach: itself, or a copy in the cache.

    Needed when we are root and stand in a folder that is closed to others, such as a home of mode 0700.
    """
    if os.geteuid() != 0 or reachable(binaries):
        return binaries
    copy = cached(f"postgresql-{_digest(binaries)}", lambda draft: _copy_installation(binaries, draft))
    inside = Path(binaries.parent.parent.name, binaries.parent.name, "bin")
    if copy is None or not reachable(copy / inside):
        raise TwinError(
            f"the server's user cannot reach {binaries}",
            do="run as another user than root, or make that folder readable to others",
        )
    return copy / inside


def _copy_installation(binaries: Path, draft: Path) -> None:
    """Copy an installation; a wheel's shared libraries lie beside its package and are found from there."""
    package = binaries.parent.parent
    shutil.copytree(binaries.parent, draft / package.name / binaries.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)


def make_cluster(binaries: Path, folder: Path, guard: Guard, superuser: str) -> None:
    """Make an empty cluster with this superuser in `folder/data`; raises `TwinError` when initdb refuses."""
    data = folder / "data"
    name = f"cluster-{_digest(binaries)}-{superuser}"
    template = cached(name, lambda draft: _fill(draft, binaries, folder, guard, superuser))
    if not data.exists():  # always, but for the run that filled the cache
        if template is None:
            _initialise(binaries, data, guard, superuser)
        else:
            # Without the counters: the server then says that it counts from now, not from when the template was made.
            shutil.copytree(template / "data", data, ignore=shutil.ignore_patterns("pgstat.stat"))
            _give_away(data)


def _fill(draft: Path, binaries: Path, folder: Path, guard: Guard, superuser: str) -> None:
    _initialise(binaries, folder / "data", guard, superuser)
    shutil.copytree(folder / "data", draft / "data")


def _initialise(binaries: Path, data: Path, guard: Guard, superuser: str) -> None:
    major = int(server_version(binaries).split(".")[0])
    command = [str(binaries / "initdb"), "-D", str(data), "-U", superuser, "-A", "trust", "--no-sync", "-E", "UTF8"]
    command += ["--no-data-checksums"] if major >= _CHECKSUMS_BY_DEFAULT_SINCE else []
    complaint = ""
    for locale in _LOCALES:
        process = subprocess.Popen(
            [*command, f"--locale={locale}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=data.parent, start_new_session=True, env=scrubbed(), **identity(),
        )  # fmt: skip
        guard.watch_group(process.pid)
        complaint = _complaint(process)
        guard.watch_group(None)
        if process.returncode == 0:
            return
        shutil.rmtree(data, ignore_errors=True)
    raise TwinError(f"initdb failed: {complaint.strip()}", do=_NO_USER if "effective user" in complaint else None)


def _complaint(process: subprocess.Popen[str]) -> str:
    """Wait for initdb and return what it printed; end it when it takes too long."""
    try:
        return process.communicate(timeout=_INITDB_SECONDS)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return f"not done after {_INITDB_SECONDS} s: {process.communicate()[0]}"


def _give_away(data: Path) -> None:
    """Make the server's user the owner of a copied cluster."""
    if os.geteuid() == 0:
        for root, folders, files in os.walk(data):
            for name in (".", *folders, *files):
                os.chown(Path(root) / name, UNPRIVILEGED, UNPRIVILEGED, follow_symlinks=False)


@functools.cache
def _digest(binaries: Path) -> str:
    """Return what changes when an installation does: the server itself and the extensions it brings."""
    digest = hashlib.sha256((binaries / "postgres").read_bytes())
    for control in sorted(path.name for path in (binaries.parent / "share").rglob("*.control")):
        digest.update(control.encode())
    return f"{server_version(binaries)}-{digest.hexdigest()[:12]}"
