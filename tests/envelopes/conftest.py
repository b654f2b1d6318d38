"""Logs a real server wrote, one per prefix, and what they hold when nothing is wrapped around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from advisor.workload.model import Workload

PREFIXES = {
    "plain": "%m [%p] %q%u@%d ",
    "rds": "%t:%r:%u@%d:[%p]:",
    "rds rich": "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a",
    "cloud sql": "%m [%p]: [%l-1] db=%d,user=%u ",
    "cloud sql timeless": "[%p]: [%l-1] db=%d,user=%u ",
    "azure": "%m-%c-",
    "heroku": " sql_error_code = %e ",
    "heroku rich": ' sql_error_code = %e time_ms = "%m" pid="%p" proc_start_time="%s" session_id="%c" vtid="%v" '
    'tid="%x" log_line="%l" %qdatabase="%d" connection_source="%r" user="%u" application_name="%a" ',
}


def run_sessions(server: Server) -> None:
    """Run the same statements over two sessions, interleaved, with values, a long text and an error among them."""
    with server.connect() as one, server.connect() as other:
        one.execute("CREATE TABLE IF NOT EXISTS item (id int PRIMARY KEY, name text)")
        for number in range(6):
            one.execute(f"SELECT *\n  FROM item\n WHERE id = {number}\n\tOR name = 'tab\there'")
            other.execute("SELECT count(*) FROM item WHERE name = %s AND id > %s", (f"it's {number}", number))
        with pytest.raises(Exception, match="missing"):
            one.execute("SELECT * FROM missing")
        one.execute("SELECT " + " + ".join(f"length(name || '{number:030}')" for number in range(60)) + " FROM item")


@dataclass(frozen=True)
class Logs:
    """The log of each prefix, as bytes, and the csvlog of the plain one."""

    stderr: dict[str, bytes]
    csv: bytes


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logs]:
    stderr = {}
    with Server(embedded_binaries(), {"log_min_duration_statement": "0", "log_connections": ""}) as server:
        for name, prefix in PREFIXES.items():
            with server.connect() as connection:
                connection.execute(f"ALTER SYSTEM SET log_line_prefix = '{prefix}'")
                connection.execute("SELECT pg_reload_conf()")
            server.run("psql", "-X", "-c", "SELECT pg_sleep(0.2)")
            begin = server.log.stat().st_size
            run_sessions(server)
            stderr[name] = server.log.read_bytes()[begin:]
    yield Logs(stderr, _csvlog(tmp_path_factory.mktemp("csvlog")))


def _csvlog(folder: Path) -> bytes:
    folder.chmod(0o777)
    folder.parent.chmod(0o755)
    settings = {
        "log_min_duration_statement": "0", "logging_collector": "on", "log_destination": "csvlog",
        "log_directory": "server_log", "log_filename": "log",
    }  # fmt: skip
    with Server(embedded_binaries(), settings) as server:
        run_sessions(server)
        (path,) = (server.data / "server_log").glob("*.csv")
        server.run("psql", "-X", "-c", "SELECT pg_sleep(0.2)")
        return path.read_bytes()


Read = Callable[[bytes], Workload]


@pytest.fixture
def captured(tmp_path: Path) -> Read:
    """Capture bytes as `advisor capture` would."""

    def read(data: bytes) -> Workload:
        path = tmp_path / "log"
        path.write_bytes(data)
        return collect([str(path)])

    return read
