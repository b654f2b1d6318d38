"""A throw-away server that the user gives: we must be superuser there, and make and drop one database of ours."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

from advisor.capture.conninfo import connection_parameters, place, server_message
from advisor.errors import TwinError
from advisor.twin.servers.environment import libpq_parameters
from advisor.twin.servers.host import Host
from advisor.twin.servers.relation_files import ProgramFiles
from advisor.twin.servers.rights import OWNER

NAME = "url"
RANK = 9


def majors() -> frozenset[int]:
    """Return nothing: a server of the user's is never chosen for them."""
    return frozenset()


@contextmanager
def start_at(url: str) -> Iterator[Host]:
    """Use the server at this URL; raises `TwinError` when it is unreachable or we are no superuser on it."""
    parameters = connection_parameters(url)
    try:
        with psycopg.connect(**parameters) as connection:
            row = connection.execute(
                "SELECT current_setting('is_superuser') = 'on', current_setting('server_version')"
            ).fetchone()
    except psycopg.Error as error:
        reason = server_message(error, parameters)
        what = f"the twin's server cannot be used: {reason}"
        raise TwinError(what, where=place(parameters), do="check the URL given to --twin") from None
    if row is None or not row[0]:
        raise TwinError(
            "the role of --twin is no superuser: statistics and relation sizes cannot be set on that server",
            do="give a superuser's URL of a throw-away server, or use --twin embedded",
        )
    complete = {**libpq_parameters(), **parameters}
    given = {name: str(value) for name, value in complete.items() if name != "dbname" and value is not None}
    yield Host(
        f"PostgreSQL {str(row[1]).split()[0]} (at the given URL)",
        given,
        ProgramFiles,
        owner=f"{OWNER}_{secrets.token_hex(4)}",
    )


def start(major: int, settings: Mapping[str, str]) -> Iterator[Host]:
    """Refuse: this provider starts at a URL only (`start_at`)."""
    raise TwinError("a URL is needed", do="give --twin postgresql://…")
