"""A private `dockerd`: one a machine, shared by all runs that want it, gone with the last of them.

Each run holds a shared lock. A guard, which waits on a pipe that only its run holds, ends the daemon when its run is over,
however it ended, unless another run holds the lock.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from docker import DockerClient

from tests.engine.packages import Unavailable, install

ROOT = Path("/var/cache/pgadvisor/engine")
"""The daemon's folder: its images are kept here between runs. All of it may be deleted when no run is on."""
RUN = Path("/run/pgadvisor-engine")
SOCKET = f"unix://{RUN}/docker.sock"
START_SECONDS = 60.0

_GUARD = r"""
trap '' INT TERM HUP QUIT PIPE
read -r _
exec 9< "$1/lock"
flock -x -n 9 || exit 0
pid=$(cat "$1/docker.pid") && kill "$pid" || exit 0
turns=0
while kill -0 "$pid" && [ $turns -lt 300 ]; do sleep 0.1; turns=$((turns + 1)); done
"""


def answers(address: str | None = None) -> str | None:
    """Return why no engine answers at this address (that of the environment where none is given), `None` when it does."""
    try:
        with_timeout = {"timeout": 10}
        client = DockerClient(base_url=address, **with_timeout) if address else DockerClient.from_env(**with_timeout)
        client.ping()
        client.close()
    except Exception as error:  # the client raises whatever its transport raises
        return str(error).partition("(")[0].strip() or type(error).__name__
    return None


@contextmanager
def running() -> Iterator[str]:
    """Yield the address of the private daemon, started where none runs; raises `Unavailable`."""
    if os.geteuid() != 0:
        raise Unavailable("none can be started: not root")
    install()
    for folder in (ROOT, RUN):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (RUN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held, pipe = _guard()
        try:
            if answers(SOCKET) is not None:
                _start()
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield SOCKET
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
            os.close(pipe)
            held.wait()


def _guard() -> tuple[subprocess.Popen[bytes], int]:
    """Start the guard; return it and the pipe's end whose closing it waits for."""
    read_end, write_end = os.pipe()
    try:
        command = ["/bin/sh", "-c", _GUARD, "pgadvisor-engine-guard", str(RUN)]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            command, stdin=read_end, stdout=quiet, stderr=quiet, start_new_session=True, cwd="/"
        ), write_end
    finally:
        os.close(read_end)


def _start() -> None:
    """Start the daemon and return once it answers."""
    for stale in (RUN / "docker.pid", RUN / "docker.sock"):
        with suppress(FileNotFoundError):
            stale.unlink()
    configuration = RUN / "daemon.json"  # the machine's own is for the machine's own daemon
    configuration.write_text("{}")
    command = [
        "dockerd", "-H", SOCKET, "--data-root", str(ROOT), "--exec-root", str(RUN / "exec"),
        "--pidfile", str(RUN / "docker.pid"), "--config-file", str(configuration), "--log-level", "warn",
    ]  # fmt: skip
    with (RUN / "dockerd.log").open("wb") as log:
        daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + START_SECONDS
    while daemon.poll() is None and time.monotonic() < deadline:
        if answers(SOCKET) is None:
            return
        time.sleep(0.1)
    said = (RUN / "dockerd.log").read_text(errors="replace").strip().splitlines()
    with suppress(ProcessLookupError):
        daemon.terminate()
    raise Unavailable(f"dockerd did not start: {said[-1] if said else 'it said nothing'}")
