"""The twin's database: production's encoding and collation, or the nearest that this server has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from advisor.catalog.snapshot import Snapshot
from advisor.errors import TwinError
from advisor.twin.servers.owner import MARK, abandoned, owner

_OURS = """
SELECT d.datname, shobj_description(d.oid, 'pg_database')
FROM pg_database d WHERE shobj_description(d.oid, 'pg_database') LIKE %s
"""
_BUILTIN_SINCE = 170000
_ICU_SINCE = 150000
_STRATEGY_SINCE = 150000


def create_database(admin: psycopg.Connection[Any], name: str, snapshot: Snapshot) -> list[str]:
    """Create the database; return a note when its collation had to differ from production's."""
    refusals: list[str] = []
    for encoding, options, note in _locales(admin.info.server_version, snapshot):
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} {}")
        try:
            admin.execute(statement.format(sql.Identifier(name), sql.Literal(encoding), options))
        except psycopg.Error as error:
            refusals.append(error.diag.message_primary or str(error))
        else:
            _claim(admin, name)
            return [note] if note else []
    raise TwinError(f"the twin's database could not be created: {'; '.join(dict.fromkeys(refusals))}")


def copy_database(admin: psycopg.Connection[Any], source: str, name: str) -> None:
    """Create a database as a copy of another; settings of `ALTER DATABASE` are not copied."""
    strategy = sql.SQL("STRATEGY file_copy" if admin.info.server_version >= _STRATEGY_SINCE else "")
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
    admin.execute(statement.format(sql.Identifier(name), sql.Identifier(source), strategy))


def drop_database(admin: psycopg.Connection[Any], name: str) -> None:
    """Drop the database, whoever is connected to it; a server that is gone is no error."""
    with contextlib.suppress(psycopg.Error):
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _claim(admin: psycopg.Connection[Any], name: str) -> None:
    """Note on the database who made it, and drop those whose makers were killed."""
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
    admin.execute(comment.format(sql.Identifier(name), sql.Literal(f"{MARK}{owner()}")))
    for found, mark in admin.execute(_OURS, [f"{MARK}%"]).fetchall():
        if abandoned(mark.removeprefix(MARK)):
            drop_database(admin, found)


def _locales(version: int, snapshot: Snapshot) -> Iterator[tuple[str, sql.Composed, str | None]]:
    """Yield encoding and locale options, best first. What the planner asks above all: is the collation C or not?"""
    yield snapshot.encoding, _production(version, snapshot), None
    missing = (
        f"production's locale {snapshot.locale or snapshot.collation} ({snapshot.locale_provider}) is missing here"
    )
    if snapshot.locale_provider != "builtin" and not (
        snapshot.locale_provider == "libc" and snapshot.collation in ("C", "POSIX")
    ):
        for locale in ("C.UTF-8", "en_US.UTF-8", "C.utf8"):
            note = f"{missing}: {locale} stands in, and ranges over text are estimated in its order"
            yield "UTF8", _libc(version, locale, locale), note
        note = f"{missing}, and none but C is: LIKE and ORDER BY on text may plan differently"
    else:
        note = f"{missing}: C stands in, which orders text alike"
    yield snapshot.encoding, _libc(version, "C", "C"), note


def _production(version: int, snapshot: Snapshot) -> sql.Composed:
    provider, locale = snapshot.locale_provider, snapshot.locale
    if provider == "builtin" and locale and version >= _BUILTIN_SINCE:
        return sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE {} LC_COLLATE {} LC_CTYPE {}").format(
            sql.Literal(locale), sql.Literal(snapshot.collation), sql.Literal(snapshot.ctype)
        )
    if provider == "icu" and locale and version >= _ICU_SINCE:
        return sql.SQL("LOCALE_PROVIDER icu ICU_LOCALE {} LC_COLLATE {} LC_CTYPE {}").format(
            sql.Literal(locale), sql.Literal("C"), sql.Literal("C")
        )
    return _libc(version, snapshot.collation, snapshot.ctype)


def _libc(version: int, collation: str, ctype: str) -> sql.Composed:
    provider = sql.SQL("LOCALE_PROVIDER libc") if version >= _ICU_SINCE else sql.SQL("")
    return sql.SQL("{} LC_COLLATE {} LC_CTYPE {}").format(provider, sql.Literal(collation), sql.Literal(ctype))
