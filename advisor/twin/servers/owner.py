"""Who made a container or a database that is not below a folder of ours, and whether that process still lives."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from pathlib import Path

from advisor.twin.servers.environment import scrubbed

MARK = "pgadvisor twin of "
"""What the comment on a database of ours begins with."""
LABEL = "pgadvisor.owner"
"""The label on a container of ours."""


def owner() -> str:
    """Return this process: host, process id and when it started, so that a reused id is not mistaken for it."""
    return f"{socket.gethostname()} {os.getpid()} {_started(os.getpid())}"


def abandoned(mark: str) -> bool:
    """Return whether a process of this machine made it and has ended; `False` for what cannot be told."""
    host, _, rest = mark.partition(" ")
    pid, _, started = rest.partition(" ")
    if host != socket.gethostname() or not pid.isdigit() or not started:
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """Return when a process started, in its system's own terms; empty when there is none."""
    if Path("/proc/self/stat").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        return ""
    asked = ["ps", "-o", "lstart=", "-p", str(pid)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, env=scrubbed())
    return done.stdout.strip().replace(" ", "-")
