"""A running server that the twin lives on, and what a module of `advisor.twin.providers` offers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg

from advisor.twin.servers.relation_files import Files
from advisor.twin.servers.rights import OWNER


@dataclass(frozen=True, slots=True)
class Host:
    """A running server on which we are superuser and may make and drop databases."""

    description: str
    """For example `PostgreSQL 18.6 (embedded)`."""
    parameters: Mapping[str, str]
    """Connection parameters of the superuser, without a database."""
    files: Callable[[psycopg.Connection[Any]], Files]
    """Returns the way to write relation files, given a connection to the twin's database."""
    ours: bool = False
    """Whether the whole server goes at the end, so that no database needs to be dropped."""
    binaries: Path | None = None
    """Folder of client programs (psql, pg_dump) of the server's own version, where there are any."""
    secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    """The password of every role that we make there."""

    owner: str = OWNER
    """The role that owns what the twin holds."""

    def login(self, role: str | None = None) -> dict[str, str]:
        """Return connection parameters, without a database, of a role that we made: the owner where none is named."""
        return {**self.parameters, "user": role or self.owner, "password": self.secret}


class Provider(Protocol):
    """What a provider module offers."""

    NAME: str
    RANK: int

    def majors(self) -> frozenset[int]:
        """Return the major versions it can start here and now."""
        ...

    def start(self, major: int, settings: Mapping[str, str]) -> AbstractContextManager[Host]:
        """Start a server of this major version and remove it at the end."""
        ...
