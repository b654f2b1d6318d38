"""The guard: a small process that outlives us for a moment, and clears up when we could not.

It waits on a pipe whose other end only we hold. When we are killed, the pipe closes, and it ends the server and removes
the folder. It ignores the signals that a terminal sends to everybody.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from advisor.twin.servers.environment import scrubbed

_SCRIPT = r"""
trap '' INT TERM HUP QUIT PIPE
server='' group=''
while read -r word pid; do
    case "$word" in
        server) server=$pid ;;
        group) group=$pid ;;
        done) exit 0 ;;
    esac
done
[ -n "$group" ] && kill -KILL -- "-$group"
if [ -n "$server" ]; then
    kill -QUIT "$server"
    turns=0
    while kill -0 "$server" && [ $turns -lt 100 ]; do sleep 0.1; turns=$((turns + 1)); done
    kill -KILL "$server"
fi
turns=0
while [ -e "$1" ] && [ $turns -lt 50 ]; do rm -rf -- "$1"; sleep 0.1; turns=$((turns + 1)); done
"""


class Guard:
    """Watches over one temporary folder and the server in it."""

    def __init__(self, folder: Path) -> None:
        read_end, self._write_end = os.pipe()
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, "pgadvisor-guard", str(folder)],
                stdin=read_end, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/",
                env=scrubbed(),
            )  # fmt: skip
        finally:
            os.close(read_end)

    def watch_group(self, pid: int | None) -> None:
        """Have this process group killed at our death; `None` when it has ended."""
        self._tell(f"group {pid or ''}")

    def watch_server(self, pid: int) -> None:
        """Have this server stopped at our death."""
        self._tell(f"server {pid}")

    def dismiss(self) -> None:
        """End the guard: everything is cleared up."""
        self._tell("done")
        os.close(self._write_end)
        self._process.wait()

    def _tell(self, message: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._write_end, f"{message}\n".encode())
