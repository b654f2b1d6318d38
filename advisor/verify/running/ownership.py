"""Lets revisions own the twin's database while they run; keeps of the settings that they give it what changes plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from advisor.twin.servers.environment import connect
from advisor.twin.servers.rights import open_database
from advisor.twin.servers.server_settings import matters
from advisor.verify.running.scratch import plain_url

_SETTINGS = """
SELECT split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)
FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) one
WHERE d.datname = %s AND s.setrole = 0
"""


@contextmanager
def owned(url: str, superuser: str) -> Iterator[dict[str, str]]:
    """Make the role of `url` its database's owner for the length of the block; yield the settings, filled at its end.

    What was set and changes no plan is taken back: our own sessions on the database must not begin with it.
    """
    place = make_url(url)
    database, owner = str(place.database), str(place.username)
    changed: dict[str, str] = {}
    with connect(plain_url(superuser, "postgres"), autocommit=True, options="-c search_path=pg_catalog") as admin:
        before = _settings(admin, database)
        former = admin.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [database]
        ).fetchone()
        assert former
        _own(admin, database, owner)
        try:
            yield changed
        finally:
            _own(admin, database, former[0])
            open_database(admin, database, owner)
            for name, value in _settings(admin, database).items():
                if before.get(name) == value:
                    continue
                if matters(name):
                    changed[name] = value
                else:
                    _restore(admin, database, name, before.get(name))


def _settings(admin: psycopg.Connection[Any], database: str) -> dict[str, str]:
    return dict(admin.execute(_SETTINGS, [database]).fetchall())


def _own(admin: psycopg.Connection[Any], database: str, owner: str) -> None:
    admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), sql.Identifier(owner)))


def _restore(admin: psycopg.Connection[Any], database: str, name: str, value: str | None) -> None:
    whose = sql.SQL("ALTER DATABASE {} ").format(sql.Identifier(database))
    what = sql.Identifier(*name.split("."))
    if value is None:
        admin.execute(whose + sql.SQL("RESET {}").format(what))
    else:
        admin.execute(whose + sql.SQL("SET {} TO {}").format(what, sql.Literal(value)))
