"""The environment: how little of it servers of ours, their clients and our connections to them get to see.

libpq reads `PG*` variables for every parameter that it is not given, and a service (`PGSERVICE`) even before them; a
server hands its environment to whatever it starts. The user's own databases are another matter: their URLs may rely on
`PGPASSWORD` and the like, and are connected to elsewhere.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

_KEPT = frozenset({"PATH", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT"})
_TERMINAL = frozenset({
    "HOME", "TERM", "COLUMNS", "LINES", "PAGER", "LESS", "EDITOR", "VISUAL", "PSQL_PAGER", "PSQL_EDITOR",
    "PSQL_HISTORY",
})  # fmt: skip
_CONNECT_SECONDS = 30
_lock = threading.RLock()


def scrubbed(**added: str) -> dict[str, str]:
    """Return the environment of a process of ours: where programs and temporary files lie, the language, `added`."""
    return {**{name: value for name, value in os.environ.items() if name in _KEPT}, **added}


def terminal(**added: str) -> dict[str, str]:
    """Return the same for a program that a person works with."""
    return {**{name: value for name, value in os.environ.items() if name in _TERMINAL}, **scrubbed(**added)}


@contextmanager
def closed_off() -> Iterator[None]:
    """Take libpq's variables out of this process's environment for the length of the `with` block."""
    with _lock:
        taken = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
        try:
            yield
        finally:
            os.environ.update(taken)


def connect(conninfo: str = "", **parameters: Any) -> psycopg.Connection[Any]:
    """Return a connection to a server of ours, made from these parameters alone; it waits half a minute at most."""
    with closed_off():
        return psycopg.connect(conninfo, **{"connect_timeout": _CONNECT_SECONDS, **parameters})


def libpq_parameters() -> dict[str, str]:
    """Return the connection parameters that the user's environment sets."""
    defaults = psycopg.pq.Conninfo.get_defaults()
    named = {option.keyword.decode(): option.envvar.decode() for option in defaults if option.envvar}
    return {keyword: os.environ[name] for keyword, name in named.items() if os.environ.get(name)}
