"""Temporary folders with an owner: as long as it lives nobody removes them, and after it died the next run does.

The owner holds a lock on a file inside. The kernel drops the lock when the owner ends, however it ends, so a folder
whose lock can be taken is a leftover. Only folders and locks that belong to us are ever touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from advisor.twin.servers.environment import scrubbed

UNPRIVILEGED = 65534
"""User and group (`nobody`) that makes a cluster when we are root: PostgreSQL refuses to run as root."""
USERS = range(62_000, 64_900)
"""User and group ids that nobody has: one of them runs a server, so that no other process may connect as its user."""

PREFIX = "pgadvisor-"
_LOCK = "owner"
_SOCKET_ROOM = 103 - len("/.s.PGSQL.5432")
"""Bytes a socket's folder may have (`sun_path` of the strictest system)."""
_SHARED_MEMORY = "/dev/shm"
_SPARE = 4
"""How many times the room must be free in memory."""
_UNCLAIMED_SECONDS = 3600.0
"""Age at which a folder without a lock counts as left behind: its owner died before it could lock it."""


class Claim:
    """A temporary folder of ours, locked."""

    def __init__(self, room: int) -> None:
        """Make a folder for contents of about `room` bytes: in memory where that is plenty, else on disk."""
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_memory(room) or _disk()))
        if os.geteuid() == 0:
            os.chown(self.folder, UNPRIVILEGED, UNPRIVILEGED)
        self._lock = self._take()

    def _take(self) -> int:
        """Lock the file before it gets its name, so that no sweep ever sees it unlocked."""
        draft = self.folder / f".{_LOCK}"
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        draft.rename(self.folder / _LOCK)
        return descriptor

    def release(self) -> None:
        """Remove the folder and drop the lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)


def hand_over(folder: Path) -> int | None:
    """Give a folder and the cluster in it to a user of its own, and return the id; `None` when we are not root.

    Where no such user can be had, as in a user namespace that knows few, the unprivileged user keeps it.
    """
    if os.geteuid() != 0:
        return None
    for user in random.SystemRandom().sample(USERS, 8):
        if _unknown(user):
            with contextlib.suppress(OSError):
                for root, _, files in os.walk(folder / "data"):
                    for name in (".", *files):
                        os.chown(Path(root) / name, user, user, follow_symlinks=False)
                os.chown(folder, user, user)
                return user
    return UNPRIVILEGED


def _unknown(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return True
    return False


def reachable(path: Path) -> bool:
    """Return whether the unprivileged user can get to and read this folder."""
    resolved = path.resolve()
    searchable = all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents)
    return searchable and resolved.stat().st_mode & 0o005 == 0o005


def _memory(room: int) -> str | None:
    """Return the memory file system when it is there and it, the machine and our cgroup have several times the room."""
    with contextlib.suppress(OSError, ValueError):
        found = os.statvfs(_SHARED_MEMORY)
        free = min(found.f_bavail * found.f_frsize, *_free_memory())
        if os.access(_SHARED_MEMORY, os.W_OK | os.X_OK) and free >= room * _SPARE:
            return _SHARED_MEMORY
    return None


def _free_memory() -> Iterator[int]:
    """Yield the bytes of memory the machine and our cgroup can still give."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text().strip()).isdigit():
        yield int(text) - int(limit.with_name("memory.current").read_text())


def _disk() -> str:
    """Return the folder to make temporary folders in: the usual one where a server can use it, else `/tmp`."""
    usual = tempfile.gettempdir()
    short = len(os.fsencode(usual)) + len(PREFIX) + 10 <= _SOCKET_ROOM
    return usual if short and (os.geteuid() != 0 or reachable(Path(usual))) else "/tmp"


def sweep() -> list[Path]:
    """Remove what dead runs left behind, servers included; return the folders removed."""
    removed = []
    for root in sorted({_SHARED_MEMORY, _disk(), tempfile.gettempdir()}):
        for folder in sorted(Path(root).glob(f"{PREFIX}*")):
            with contextlib.suppress(OSError), _if_abandoned(folder):
                _kill_server(folder)
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
    return removed


@contextlib.contextmanager
def _if_abandoned(folder: Path) -> Iterator[None]:
    """Enter holding the folder's lock; raise `OSError` when it is not ours, or its owner lives."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not _ours(found.st_uid):
        raise PermissionError(folder)
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        if abs(time.time() - found.st_mtime) < _UNCLAIMED_SECONDS:  # a clock set back leaves folders of tomorrow
            raise
        yield
        return
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError(folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _ours(user: int) -> bool:
    return user in (0, UNPRIVILEGED) or user in USERS if os.geteuid() == 0 else user == os.geteuid()


def _kill_server(folder: Path) -> None:
    """Kill the server that still runs in an abandoned folder, if its process is really that server."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    if pid > 1 and str(folder / "data") in _command(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
            for _ in range(100):
                os.kill(pid, 0)
                time.sleep(0.05)
            os.kill(pid, signal.SIGKILL)


def _command(pid: int) -> str:
    """Return the command line of a process, empty when there is none."""
    if Path("/proc/self/cmdline").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    asked = ["ps", "-o", "command=", "-p", str(pid)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, env=scrubbed())
    return done.stdout
