"""A container of the official `postgres` image, of any version, where a container engine runs."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from advisor.errors import TwinError
from advisor.twin.servers.environment import connect
from advisor.twin.servers.host import Host
from advisor.twin.servers.owner import LABEL, abandoned, owner
from advisor.twin.servers.relation_files import ProgramFiles
from advisor.twin.servers.rights import SUPERUSER

NAME = "container"
RANK = 2
SUPPORTED = frozenset(range(13, 19))

_PASSWORD = "twin"
_PORT = 5432
_MEMORY = "8g"
_PATIENCE_SECONDS = 120


def majors() -> frozenset[int]:
    """Return the supported versions when an engine answers, else nothing."""
    return SUPPORTED if _engine_fault() is None else frozenset()


@contextmanager
def start(major: int, settings: Mapping[str, str]) -> Iterator[Host]:
    """Run `postgres:<major>`; raises `TwinError` when no engine answers or the image does not start."""
    if fault := _engine_fault():
        raise TwinError(f"no container engine answers: {fault}", do="start it, or choose --twin embedded or local")
    _sweep()
    container = _container(major, settings)
    try:
        parameters = _started(container, major)
        yield Host(f"PostgreSQL {major} (container)", parameters, ProgramFiles, ours=True)
    finally:
        with contextlib.suppress(Exception):  # what an engine fails to remove now, the next run sweeps
            container.stop()


def _container(major: int, settings: Mapping[str, str]) -> Any:
    from testcontainers.core.container import DockerContainer

    options = [word for name, value in sorted(settings.items()) for word in ("-c", f"{name}={value}")]
    container = DockerContainer(f"postgres:{major}").with_exposed_ports(_PORT)
    container.with_envs(POSTGRES_USER=SUPERUSER, POSTGRES_PASSWORD=_PASSWORD, POSTGRES_DB="postgres")
    container.with_env("POSTGRES_INITDB_ARGS", "--no-sync")  # it goes at the end
    return container.with_command(["postgres", *options]).with_kwargs(labels={LABEL: owner()}, mem_limit=_MEMORY)


def _started(container: Any, major: int) -> dict[str, str]:
    """Start a container; return its connection parameters once the server answers."""
    try:
        container.start()
    except Exception as error:  # the client raises whatever its transport raises
        raise TwinError(f"the container postgres:{major} did not start: {error}") from error
    host, port = container.get_container_host_ip(), str(container.get_exposed_port(_PORT))
    parameters = {"host": host, "port": port, "user": SUPERUSER, "password": _PASSWORD}
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            connect(dbname="postgres", connect_timeout=5, sslmode="disable", **parameters).close()
            return parameters
        time.sleep(0.2)
    raise TwinError(
        f"the server in postgres:{major} does not answer: {container.get_logs()[1].decode()[-500:].strip()}"
    )


def _sweep() -> None:
    """Remove the containers of runs that were killed, as far as the engine lets us."""
    with contextlib.suppress(Exception):
        for container in _engine().containers.list(all=True, filters={"label": LABEL}):
            if abandoned(container.labels.get(LABEL, "")):
                container.remove(force=True, v=True)


def _engine() -> Any:
    from testcontainers.core.docker_client import DockerClient

    return DockerClient(timeout=_PATIENCE_SECONDS).client


def _engine_fault() -> str | None:
    """Return why no engine can be used, `None` when one answers."""
    if importlib.util.find_spec("testcontainers") is None:
        return "the extra `container` is not installed (pip install 'pgadvisor[container]')"
    try:
        _engine().ping()
    except Exception as error:  # the client raises whatever its transport raises
        return str(error).partition("(")[0].strip() or type(error).__name__
    return None
