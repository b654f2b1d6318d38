"""Extensions: which a twin makes because a dump names them, and how.

An extension's script runs as superuser, so a dump's word alone is not enough: those that PostgreSQL itself marks as
trusted are made, and those of its distribution that give a role no way out of the server. They are made before anything
else of the dump is, so that no object of the dump can stand in a script's way.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

_HARMLESS = frozenset({
    "amcheck", "autoinc", "bloom", "btree_gin", "btree_gist", "citext", "cube", "dict_int", "dict_xsyn",
    "earthdistance", "fuzzystrmatch", "hstore", "insert_username", "intagg", "intarray", "isn", "lo", "ltree",
    "moddatetime", "pg_buffercache", "pg_freespacemap", "pg_prewarm", "pg_stat_statements", "pg_trgm", "pg_visibility",
    "pgcrypto", "pgrowlocks", "pgstattuple", "refint", "seg", "sslinfo", "tablefunc", "tcn", "tsm_system_rows",
    "tsm_system_time", "unaccent", "uuid-ossp", "vector",
})  # fmt: skip
"""Extensions of PostgreSQL's distribution, and pgvector, that neither connect anywhere nor touch files or settings."""
_TRUSTED = """
SELECT FROM pg_available_extension_versions v JOIN pg_available_extensions e USING (name)
WHERE name = %s AND v.version = e.default_version AND trusted AND name !~ '^pl'
"""
_PUBLIC = "public"


def is_allowed(superuser: psycopg.Connection[Any], name: str) -> bool:
    """Return whether a dump's word suffices to make this extension; languages other than PL/pgSQL never are."""
    return name in _HARMLESS or superuser.execute(_TRUSTED, [name]).fetchone() is not None


def create_extension(superuser: psycopg.Connection[Any], name: str, schema: str | None) -> str | None:
    """Make an allowed extension, and those it needs, in a schema (`public`); return why it is not made, if so."""
    if name == "plpgsql":
        return None
    if not is_allowed(superuser, name):
        return "not on the list of extensions that a dump may ask for"
    statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA {} CASCADE")
    try:
        superuser.execute(statement.format(sql.Identifier(name), sql.Identifier(schema or _PUBLIC)))
    except psycopg.errors.InvalidParameterValue:  # its control file names a schema of its own
        return _in_own_schema(superuser, name)
    except psycopg.Error as error:
        return error.diag.message_primary or str(error)
    return None


def _in_own_schema(superuser: psycopg.Connection[Any], name: str) -> str | None:
    try:
        superuser.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} CASCADE").format(sql.Identifier(name)))
    except psycopg.Error as error:
        return error.diag.message_primary or str(error)
    return None
