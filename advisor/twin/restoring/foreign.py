"""Foreign tables: planned on servers of ours that lead nowhere.

A dump's foreign-data wrappers and servers are never made: they could connect somewhere, with what a dump says. A server
of the same name stands in, on a wrapper of the same name whose handler is postgres_fdw's where the machine has it, with
a host that does not exist and with those options only that the planner reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

_REAL = "postgres_fdw"
_NOWHERE = "/nonexistent"
_PLANNED = frozenset({"fdw_startup_cost", "fdw_tuple_cost", "fetch_size", "async_capable", "extensions"})
"""Options of a server that postgres_fdw's planner reads and that lead nowhere."""


class ForeignServers:
    """Makes stand-ins of wrappers and servers in one database."""

    def __init__(self, superuser: psycopg.Connection[Any], owner: str) -> None:
        self._superuser = superuser
        self._owner = owner
        self._wrappers: dict[str, bool] = {}
        """Wrappers made, and whether production's has a handler."""

    def wrapper(self, name: str, *, handled: bool) -> None:
        """Note a wrapper of the dump; `handled` unless it has no handler in production either."""
        self._wrappers.setdefault(name, handled)

    def server(self, name: str, wrapper: str, options: Mapping[str, str]) -> str | None:
        """Make a server that leads nowhere; return a note where another wrapper stands in."""
        handled = self._wrappers.get(wrapper, True)
        real = self._make_wrapper(wrapper) if handled else self._make_bare(wrapper)
        kept = {key: value for key, value in options.items() if key in _PLANNED} if wrapper == _REAL else {}
        given = {"host": _NOWHERE, **kept} if real else {}
        made = sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER {}").format(sql.Identifier(name), sql.Identifier(wrapper))
        self._superuser.execute(made + _options(given))
        grant = sql.SQL("GRANT USAGE ON FOREIGN SERVER {} TO {}")
        self._superuser.execute(grant.format(sql.Identifier(name), sql.Identifier(self._owner)))
        if not handled or wrapper == _REAL:
            return None
        stand_in = f"{_REAL} plans its tables" if real else "its tables cannot be planned"
        return f"foreign server {name} leads nowhere here: {stand_in}"

    def _make_wrapper(self, name: str) -> bool:
        """Make a wrapper with the handler of postgres_fdw; return whether it has one."""
        if self._has(name):
            return self._has(_REAL)
        if not self._available():
            return self._make_bare(name)
        self._superuser.execute("CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA pg_catalog")
        if name != _REAL:
            made = sql.SQL(
                "CREATE FOREIGN DATA WRAPPER {} HANDLER postgres_fdw_handler VALIDATOR postgres_fdw_validator"
            )
            self._superuser.execute(made.format(sql.Identifier(name)))
        return True

    def _make_bare(self, name: str) -> bool:
        if not self._has(name):
            self._superuser.execute(sql.SQL("CREATE FOREIGN DATA WRAPPER {}").format(sql.Identifier(name)))
        return False

    def _has(self, name: str) -> bool:
        query = "SELECT FROM pg_foreign_data_wrapper WHERE fdwname = %s"
        return self._superuser.execute(query, [name]).fetchone() is not None

    def _available(self) -> bool:
        query = "SELECT FROM pg_available_extensions WHERE name = %s"
        return self._superuser.execute(query, [_REAL]).fetchone() is not None


def is_wrapper(extension: str) -> bool:
    """Return whether an extension is there to reach other servers or files."""
    return extension.endswith("_fdw") or extension in ("multicorn", "wrappers")


def _options(given: Mapping[str, str]) -> sql.Composable:
    pairs = [sql.SQL("{} {}").format(sql.Identifier(key), sql.Literal(value)) for key, value in sorted(given.items())]
    return sql.SQL(" OPTIONS ({})").format(sql.SQL(", ").join(pairs)) if pairs else sql.SQL("")
