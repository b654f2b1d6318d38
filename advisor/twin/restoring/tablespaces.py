"""Tablespaces with costs of their own: the planner prices a page by where its table or index lies.

They are made inside the data directory (`allow_in_place_tablespaces`, from 15 on), and what lies there in production is
moved there while it is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from advisor.catalog.naming import first_few
from advisor.catalog.roles import Tablespace

_COSTS = ("random_page_cost", "seq_page_cost")
_IN_PLACE_SINCE = 150000
_FOUND = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY c.oid
"""
_DEFAULT = "pg_default"

Session = psycopg.Connection[Any]


def place(admin: Session, connection: Session, tablespaces: Sequence[Tablespace], *, ours: bool) -> list[str]:
    """Make the tablespaces and put the database's relations there; return a note when that is not possible.

    `ours` says whether the whole server is: tablespaces belong to no single database.
    """
    costly = [one for one in tablespaces if set(_COSTS) & set(one.settings)]
    if costly and not (ours and admin.info.server_version >= _IN_PLACE_SINCE):
        names = first_few([one.name for one in costly])
        return [f"costs of tablespaces are not applied (a server of ours from 15 on does): {names}"]
    for number, tablespace in enumerate(costly, 1):
        if tablespace.database_default:
            _set(admin, _DEFAULT, tablespace)
        if tablespace.relations:
            name = f"advisor_{number}"
            admin.execute("SET allow_in_place_tablespaces = on")
            admin.execute(sql.SQL("CREATE TABLESPACE {} LOCATION ''").format(sql.Identifier(name)))
            _set(admin, name, tablespace)
            _move(connection, name, tablespace.relations)
    return []


def _set(admin: Session, name: str, tablespace: Tablespace) -> None:
    options = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(setting), sql.Literal(tablespace.settings[setting]))
        for setting in _COSTS
        if setting in tablespace.settings
    )
    admin.execute(sql.SQL("ALTER TABLESPACE {} SET ({})").format(sql.Identifier(name), options))


def _move(connection: Session, name: str, relations: Sequence[tuple[str, str]]) -> None:
    """Put those of the relations that the twin has into a tablespace; they are empty."""
    columns = [schema for schema, _ in relations], [relation for _, relation in relations]
    for schema, relation in connection.execute(_FOUND, columns).fetchall():
        moved = sql.SQL("ALTER TABLE {} SET TABLESPACE {}")
        connection.execute(moved.format(sql.Identifier(schema, relation), sql.Identifier(name)))
