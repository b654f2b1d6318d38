"""Folders of server binaries: what version they are, and a server made from them."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from advisor.errors import TwinError
from advisor.twin.servers.cluster import server_version
from advisor.twin.servers.host import Host
from advisor.twin.servers.relation_files import LocalFiles
from advisor.twin.servers.rights import SUPERUSER
from advisor.twin.servers.server import Server, embedded_binaries

__all__ = ["embedded_binaries", "major_version", "serve"]


_MEMORY = 4 << 30
"""Bytes of address space of each process of a twin: shared buffers and libraries are among them."""
_ROOM = 96 << 20
"""Bytes a twin takes: the empty cluster, its database, and write-ahead log."""

_RELOAD_SECONDS = 10.0


@functools.cache
def _version(binaries: Path) -> str:
    return server_version(binaries)


def major_version(binaries: Path) -> int:
    """Return the major version of the server in this folder; raises `OSError` when none runs there."""
    return int(_version(binaries).split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


@contextmanager
def serve(binaries: Path, settings: Mapping[str, str], provider: str) -> Iterator[Host]:
    """Run a server from these binaries for the length of the `with` block."""
    with Server(binaries, settings, room=_ROOM, superuser=SUPERUSER, memory=_MEMORY) as server:
        secret = secrets.token_hex(16)
        _demand_password(server, secret)
        yield Host(
            description=f"PostgreSQL {_version(binaries)} ({provider})",
            parameters={"host": str(server.folder), "port": "5432", "user": SUPERUSER, "password": secret},
            files=lambda connection: LocalFiles(server.data, server.user),
            binaries=binaries,
            ours=True,
            secret=secret,
        )


def _demand_password(server: Server, secret: str) -> None:
    """Let nobody in without a password, not at the socket either: a revision that runs beside us knows where it is."""
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(SUPERUSER), sql.Literal(secret))
    with server.connect() as connection:
        connection.execute(statement)
        (server.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        connection.execute("SELECT pg_reload_conf()")
    deadline = time.monotonic() + _RELOAD_SECONDS
    while time.monotonic() < deadline:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            return
        time.sleep(0.005)
    raise TwinError("the throw-away server lets everybody in: it did not read its rules again", do="please report this")
