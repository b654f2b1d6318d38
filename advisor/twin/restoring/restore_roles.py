"""Production's roles on the twin: they may log in and read everything, and nothing else is theirs.

What a role could not read it would not have asked, so privileges are not production's; row security is, and so are
owners where they decide it, memberships, and the settings of roles. No role is a superuser: where production's is, it
has BYPASSRLS here, which plans alike.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from advisor.catalog.roles import Role
from advisor.catalog.snapshot import Snapshot
from advisor.twin.servers.owner import MARK, owner
from advisor.twin.servers.rights import OWNER, SUPERUSER
from advisor.twin.servers.server_settings import may_be_set, set_for_database

RESERVED = (OWNER, SUPERUSER, "pg_", "public", "none")
"""Beginnings of names that no role may have, or that are those of ours."""
_GRANT_OPTIONS_SINCE = 160000
_POLICY_ROLES = re.compile(
    r"^CREATE POLICY (?:\"(?:[^\"]|\"\")*\"|\S+) ON .*? TO (.+?)(?= USING \(| WITH CHECK \(|;$)", re.MULTILINE
)
_NAME = re.compile(r'"(?:[^"]|"")*"|[^\s,"]+')
_SCHEMAS = """
SELECT nspname FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_'
ORDER BY nspname
"""


def roles_of(snapshot: Snapshot) -> tuple[Role, ...]:
    """Return the roles a twin needs: the snapshot's, and those that only a policy in its schema names."""
    known = {role.name: role for role in snapshot.roles}
    for listed in _POLICY_ROLES.findall(snapshot.schema_sql):
        for name in _NAME.findall(listed):
            plain = name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
            known.setdefault(plain, Role(plain))
    return tuple(known[name] for name in sorted(known) if not name.startswith(RESERVED))


def make_roles(
    admin: psycopg.Connection[Any], roles: Iterable[Role], secret: str
) -> tuple[Mapping[str, str], list[str]]:
    """Create the roles; return the name that each has here, and notes.

    A name that the server has already (on one that is not ours) belongs to somebody else: another one stands in.
    """
    wanted = {role.name: role for role in roles}
    taken = {name for (name,) in admin.execute("SELECT rolname FROM pg_roles").fetchall()}
    names = {name: f"{OWNER}_{secrets.token_hex(8)}" if name in taken else name for name in wanted}
    notes = [
        f"role {name} exists on this server: another one stands in for it, to which policies that name it do not apply"
        for name in sorted(wanted.keys() & taken)
    ]
    with admin.transaction(), admin.pipeline():
        for role in wanted.values():
            _create(admin, role, names[role.name], secret)
        for role in wanted.values():
            _grant(admin, role, names)
    return names, notes


def _create(admin: psycopg.Connection[Any], role: Role, here: str, secret: str) -> None:
    bypass = sql.SQL("BYPASSRLS" if role.bypass_row_security else "NOBYPASSRLS")
    statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {} PASSWORD {}")
    admin.execute(statement.format(sql.Identifier(here), bypass, sql.Literal(secret)))
    comment = sql.SQL("COMMENT ON ROLE {} IS {}")
    admin.execute(comment.format(sql.Identifier(here), sql.Literal(f"{MARK}{owner()}")))


def _grant(admin: psycopg.Connection[Any], role: Role, names: Mapping[str, str]) -> None:
    """Make a role a member of what it is a member of."""
    options = admin.info.server_version >= _GRANT_OPTIONS_SINCE
    member = sql.Identifier(names[role.name])
    if not options and not all(one.inherit for one in role.member_of):
        admin.execute(sql.SQL("ALTER ROLE {} NOINHERIT").format(member))
    for one in role.member_of:
        if one.role in names:
            statement = sql.SQL("GRANT {} TO {}").format(sql.Identifier(names[one.role]), member)
            if options:
                written = f" WITH INHERIT {str(one.inherit).upper()}, SET {str(one.set).upper()}"
                statement = sql.SQL("{}{}").format(statement, sql.SQL(written))
            admin.execute(statement)


def set_for_roles(
    admin: psycopg.Connection[Any], database: str, snapshot: Snapshot, names: Mapping[str, str]
) -> list[str]:
    """Give the roles their settings in a database of the twin; return a note for each the server refused."""
    notes = []
    for role, here in sorted(names.items()):
        own = replace(snapshot, overrides=tuple(one for one in snapshot.overrides if one.role is not None))
        for name, value in own.overrides_of(role).items():
            if not may_be_set(name):
                continue
            try:
                set_for_database(admin, database, name, names.get(value, value) if name == "role" else value, here)
            except psycopg.Error as error:
                notes.append(f"setting {name} = {value} of role {role} refused: {error.diag.message_primary}")
    return notes


def give_away(
    connection: psycopg.Connection[Any], owners: Mapping[tuple[str, str], str], names: Mapping[str, str], ours: str
) -> None:
    """Give relations to their owners, as superuser; our own owner remains one by being a member of each.

    Relations that the twin lacks are passed over.
    """
    here = {
        (schema, name): kind
        for schema, name, kind in connection.execute(
            "SELECT n.nspname, c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
    }
    given = sorted((key, names[role]) for key, role in owners.items() if role in names and key in here)
    for role in sorted({role for _, role in given}):
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(ours)))
    for key, role in given:
        kind = sql.SQL({"v": "VIEW", "m": "MATERIALIZED VIEW", "f": "FOREIGN TABLE"}.get(here[key], "TABLE"))
        statement = sql.SQL("ALTER {} {} OWNER TO {}").format(kind, sql.Identifier(*key), sql.Identifier(role))
        connection.execute(statement)


def open_to_all(connection: psycopg.Connection[Any]) -> None:
    """Grant every role every privilege on what a statement may name, as superuser."""
    for (schema,) in connection.execute(_SCHEMAS).fetchall():
        name = sql.Identifier(schema)
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(name))
        for kind in ("TABLES", "SEQUENCES", "ROUTINES"):
            grant = sql.SQL("GRANT ALL ON ALL {} IN SCHEMA {} TO PUBLIC")
            connection.execute(grant.format(sql.SQL(kind), name))


def without_access(schema_tables: Sequence[str], snapshot: Snapshot) -> list[str]:
    """Return the note that says that policies are not applied, where no role is known that they could apply to."""
    if snapshot.roles or not schema_tables:
        return []
    shown = ", ".join(schema_tables[:3]) + (f" and {len(schema_tables) - 3} more" if len(schema_tables) > 3 else "")
    return [
        f"the snapshot names no roles, so queries on {shown} are planned as for their owner, without row security:"
        " take the snapshot again with this version, or name the application's role with --role"
    ]
