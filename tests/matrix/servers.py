"""A server of each version: in a container through testcontainers, or from binaries; and why there is none of another."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from docker import DockerClient
from docker.errors import DockerException, ImageNotFound
from testcontainers.community.postgres import PostgresContainer

from advisor.capture.conninfo import url_of
from advisor.twin.providers.local import installed
from advisor.twin.servers.environment import connect, terminal
from advisor.twin.servers.owner import LABEL, owner
from advisor.twin.servers.server import DEFAULT_SETTINGS, Server, embedded_binaries
from benchmarks.twin_fidelity import VERSIONS
from tests.engine import FAULT
from tests.engine.binaries import folder_of
from tests.engine.images import RELEASES

MAJORS = (13, 14, 15, 16, 17, 18)


@dataclass(frozen=True)
class ContainerServer:
    """A server in a container, with what the tests use of `Server`."""

    parameters: Mapping[str, str]

    def conninfo(self, database: str = "postgres") -> str:
        return psycopg.conninfo.make_conninfo(**self.parameters, dbname=database)

    def url(self, database: str = "postgres", driver: str = "postgresql") -> str:
        return url_of({**self.parameters, "dbname": database}).replace("postgresql", driver, 1)

    def connect(self, database: str = "postgres", *, autocommit: bool = True) -> psycopg.Connection:
        return connect(self.conninfo(database), autocommit=autocommit)

    def run(self, program: str, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
        environment = terminal(**{names[name]: value for name, value in self.parameters.items()})
        command = [str(embedded_binaries() / program), *arguments]
        return subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)


class BareServer(Server):
    """A server whose binaries hold no client programs."""

    def run(self, program: str, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return ContainerServer({"host": str(self.folder), "port": "5432", "user": "postgres"}).run(
            program, *arguments, stdin=stdin
        )


@dataclass(frozen=True)
class Subject:
    """A server of one version, and the provider that the twins of its snapshots come from."""

    major: int
    server: Server | ContainerServer
    provider: str


@contextmanager
def subject(major: int) -> Iterator[Subject]:
    """Yield a running server of this version; skips the test, with the reason, where there is none."""
    if major in RELEASES:
        with _container(major) as server:
            yield Subject(major, server, "container")
        return
    with pytest.MonkeyPatch.context() as patch:
        if major == 14:
            patch.setenv("PATH", f"{_binaries(major)}{os.pathsep}{os.environ['PATH']}")
        binaries = VERSIONS.get(major) or installed().get(major)
        if binaries is None:
            pytest.skip(f"no binaries of PostgreSQL {major}: {os.environ.get(FAULT, 'no wheel of this platform')}")
        kind = Server if (binaries / "pg_dump").exists() else BareServer
        with kind(binaries) as server:
            yield Subject(major, server, "embedded" if major == 18 else "local")


def _binaries(major: int) -> Path:
    found = folder_of(major)
    if found is None:
        pytest.skip(
            f"no binaries of PostgreSQL {major}: {os.environ.get(FAULT) or 'run make matrix, which fetches them'}"
        )
    return found


@contextmanager
def _container(major: int) -> Iterator[ContainerServer]:
    if reason := missing(major):
        pytest.skip(reason)
    options = [word for name, value in _settings().items() for word in ("-c", f"{name}={value}")]
    container = PostgresContainer(f"postgres:{major}", username="postgres", password="matrix", driver=None)
    container.with_env("POSTGRES_HOST_AUTH_METHOD", "trust")  # roles that tests make have no passwords
    container.with_command(["postgres", *options]).with_kwargs(labels={LABEL: owner()})
    with container as running:
        host, port = running.get_container_host_ip(), str(running.get_exposed_port(5432))
        yield ContainerServer({"host": host, "port": port, "user": "postgres", "password": "matrix"})


def _settings() -> dict[str, str]:
    own = {"listen_addresses", "dynamic_shared_memory_type"}
    return {name: value for name, value in DEFAULT_SETTINGS.items() if name not in own}


def missing(major: int) -> str | None:
    """Return why there is no container of this version, `None` when there is one."""
    told = os.environ.get(FAULT)
    try:
        client = DockerClient.from_env(timeout=10)
        client.images.get(f"postgres:{major}")
        client.close()
    except ImageNotFound:
        return told or f"the engine has no image postgres:{major}"
    except DockerException:
        return told or "no container engine answers; `make matrix` starts one where it is root"
    return None
