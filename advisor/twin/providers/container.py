"""A container of the official `postgres` image, of any version, where a container engine runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from advisor.errors import TwinError
from advisor.twin.files import ProgramFiles
from advisor.twin.providers import Host

NAME = "container"
RANK = 2
SUPPORTED = frozenset(range(13, 19))

_PASSWORD = "twin"


def majors() -> frozenset[int]:
    """Return the supported versions when an engine answers, else nothing."""
    return SUPPORTED if _engine_fault() is None else frozenset()


@contextmanager
def start(major: int, settings: Mapping[str, str]) -> Iterator[Host]:
    """Run `postgres:<major>`; raises `TwinError` when no engine answers or the image does not start."""
    if fault := _engine_fault():
        raise TwinError(f"no container engine answers: {fault}", do="start it, or choose --twin embedded or local")
    container = _container(major, settings)
    try:
        container.start()
    except Exception as error:
        container.stop()
        raise TwinError(f"the container postgres:{major} did not start: {error}") from error
    try:
        yield Host(
            description=f"PostgreSQL {major} (container)",
            parameters={
                "host": container.get_container_host_ip(),
                "port": str(container.get_exposed_port(5432)),
                "user": "postgres",
                "password": _PASSWORD,
            },
            files=ProgramFiles,
            ours=True,
        )
    finally:
        container.stop()


def _container(major: int, settings: Mapping[str, str]) -> Any:
    from testcontainers.postgres import PostgresContainer

    container = PostgresContainer(f"postgres:{major}", username="postgres", password=_PASSWORD, dbname="postgres")
    options = [word for name, value in sorted(settings.items()) for word in ("-c", f"{name}={value}")]
    return container.with_command(["postgres", *options])


def _engine_fault() -> str | None:
    """Return why no engine can be used, `None` when one answers."""
    try:
        from testcontainers.core.docker_client import DockerClient

        DockerClient(timeout=5).client.ping()
    except Exception as error:  # the client raises whatever its transport raises
        return str(error).partition("(")[0].strip() or type(error).__name__
    return None
