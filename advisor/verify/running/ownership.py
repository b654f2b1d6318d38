"""Lets revisions own the twin's database while they run; keeps of the settings that they give it what changes plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from advisor.catalog.snapshot_model import Override
from advisor.twin.servers.environment import connect
from advisor.twin.servers.rights import open_database
from advisor.twin.servers.server_settings import matters
from advisor.verify.running.scratch import plain_url

_SETTINGS = """
SELECT d.datname, r.rolname, split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)
FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole,
     unnest(s.setconfig) one
WHERE s.setdatabase = 0 OR d.datname = ANY (%s) ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3
"""
_MEMBER_OF = """
SELECT r.rolname, m.admin_option FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
WHERE m.member = %s::regrole
"""
_ADMIN_NEEDED_SINCE = 160000
_Settings = dict[tuple[str | None, str | None, str], str]
"""By database, role and name; `None` for every database, and for every role."""


@dataclass(frozen=True, slots=True)
class Given:
    """Settings that revisions gave and that change plans."""

    database: dict[str, str] = field(default_factory=dict)
    """Those of the database."""
    roles: list[Override] = field(default_factory=list)
    """Those of roles."""


@contextmanager
def owned(url: str, superuser: str, production: str | None = None) -> Iterator[Given]:
    """Make the role of `url` its database's owner for the length of the block; yield the settings, filled at its end.

    `production` is the database's name where the revisions come from: what they set for that one is meant for this.
    What was set and changes no plan is taken back: our own sessions on the database must not begin with it.
    """
    place = make_url(url)
    database, owner = str(place.database), str(place.username)
    names = [name for name in (database, production) if name]
    given = Given()
    with connect(plain_url(superuser, "postgres"), autocommit=True, options="-c search_path=pg_catalog") as admin:
        before = _settings(admin, names)
        memberships = _memberships(admin, owner)
        former = admin.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [database]
        ).fetchone()
        assert former
        _own(admin, database, owner)
        try:
            yield given
        finally:
            _own(admin, database, former[0])
            _distrust(admin, owner, memberships)
            open_database(admin, database, owner)
            for (where, role, name), value in _settings(admin, names).items():
                if before.get((where, role, name)) == value:
                    continue
                if not matters(name):
                    _restore(admin, (where, role, name), before)
                elif role is None and where is not None:
                    given.database[name] = value
                elif role is not None:
                    given.roles.append(Override(where and (production or where), role, name, value))


def trust(admin: psycopg.Connection[Any], owner: str, role: str) -> None:
    """Let `owner` alter a role, as the role that runs production's migrations may, until the block of `owned` ends."""
    admin.execute(sql.SQL("ALTER ROLE {} CREATEROLE").format(sql.Identifier(owner)))
    if admin.info.server_version >= _ADMIN_NEEDED_SINCE:
        statement = sql.SQL("GRANT {} TO {} WITH ADMIN OPTION")
        admin.execute(statement.format(sql.Identifier(role), sql.Identifier(owner)))


def _distrust(admin: psycopg.Connection[Any], owner: str, memberships: dict[str, bool]) -> None:
    for role, may_grant in _memberships(admin, owner).items():
        if may_grant and not memberships.get(role):
            what = sql.SQL("ADMIN OPTION FOR " if role in memberships else "")
            statement = sql.SQL("REVOKE {}{} FROM {} CASCADE")
            admin.execute(statement.format(what, sql.Identifier(role), sql.Identifier(owner)))
    admin.execute(sql.SQL("ALTER ROLE {} NOCREATEROLE").format(sql.Identifier(owner)))


def _memberships(admin: psycopg.Connection[Any], owner: str) -> dict[str, bool]:
    return dict(admin.execute(_MEMBER_OF, [sql.Identifier(owner).as_string()]).fetchall())


def _settings(admin: psycopg.Connection[Any], databases: list[str]) -> _Settings:
    rows = admin.execute(_SETTINGS, [databases]).fetchall()
    return {(database, role, name): value for database, role, name, value in rows}


def _own(admin: psycopg.Connection[Any], database: str, owner: str) -> None:
    admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), sql.Identifier(owner)))


def _restore(admin: psycopg.Connection[Any], key: tuple[str | None, str | None, str], before: _Settings) -> None:
    """Give a setting the value that it had."""
    database, role, name = key
    whose = sql.SQL("ALTER DATABASE {} ").format(sql.Identifier(database or ""))
    if role is not None:
        whose = sql.SQL("ALTER ROLE {} ").format(sql.Identifier(role))
        whose += sql.SQL("IN DATABASE {} ").format(sql.Identifier(database)) if database else sql.SQL("")
    what, value = sql.Identifier(*name.split(".")), before.get(key)
    if value is None:
        admin.execute(whose + sql.SQL("RESET {}").format(what))
    else:
        admin.execute(whose + sql.SQL("SET {} TO {}").format(what, sql.Literal(value)))
