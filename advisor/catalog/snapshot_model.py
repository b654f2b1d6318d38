"""The snapshot: everything the twin needs of a production database, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.catalog.index import quote_identifier
from advisor.catalog.roles import Role, Tablespace
from advisor.catalog.search_path import schemas_of
from advisor.catalog.statistics import Statistics


@dataclass(frozen=True, slots=True, order=True)
class Extension:
    """An installed extension."""

    name: str
    version: str
    schema: str


@dataclass(frozen=True, slots=True)
class Override:
    """A setting fixed for a database or role by `ALTER DATABASE` or `ALTER ROLE`; `None` means every one."""

    database: str | None
    role: str | None
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Schema, planner statistics, settings and statements of one database at one time."""

    schema_sql: str
    """What `pg_dump --schema-only` wrote: plain SQL without psql meta-commands."""
    statistics: Statistics
    settings: Mapping[str, str]
    """Every planner setting, as `SHOW` prints it: safe to give to a server of the same major version at its start."""
    server_version: int
    """`server_version_num`, for example 160004."""
    extensions: tuple[Extension, ...] = ()
    database: str | None = None
    encoding: str = "UTF8"
    collation: str = "C"
    """`datcollate`."""
    ctype: str = "C"
    """`datctype`."""
    locale_provider: str = "libc"
    """`libc`, `icu` or `builtin`."""
    locale: str | None = None
    """Locale of the ICU or built-in provider."""
    search_path: tuple[str, ...] = ("public",)
    """Schemas of the exporting session that exist, in order: what the database (or its role) sets."""
    overrides: tuple[Override, ...] = ()
    """Settings of single databases and roles that change plans or the meaning of a name or literal."""
    roles: tuple[Role, ...] = ()
    """Roles by name, those of the server itself (`pg_…`) left out; empty in older snapshots and those of a dump."""
    owner: str | None = None
    """The role that owns most tables."""
    owners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Owner of each view and of each table with row security, by schema and name."""
    tablespaces: tuple[Tablespace, ...] = ()
    """Those with costs of their own."""
    configuration: Mapping[str, str] = field(default_factory=dict)
    """Settings worth knowing but not meant for the twin: `max_connections`, `shared_buffers`, `block_size`…"""
    alembic_version: tuple[str, ...] = ()
    """Rows of `alembic_version`, empty when there is no such table."""
    statements: str | None = None
    """pg_stat_statements as CSV with a header; `None` when it could not be read."""
    captured: str | None = None
    """When, ISO 8601, UTC."""
    redacted: bool = False
    notes: tuple[str, ...] = ()
    """What a reader should know before trusting the numbers."""

    @property
    def major(self) -> int:
        """Return the server's major version."""
        return self.server_version // 10_000

    @property
    def restorable_sql(self) -> str:
        """Return `schema_sql` with the invalid indexes that pg_dump leaves out; restored, they are valid."""
        left_behind = [ddl for _, ddl in sorted(self.statistics.invalid_indexes.items())]
        return "\n".join([self.schema_sql, *(f"{ddl};" for ddl in left_behind)]) if left_behind else self.schema_sql

    @property
    def settings_of_database(self) -> Mapping[str, str]:
        """Return what a database like it must have set: the settings, `search_path` among them."""
        listed = ", ".join(map(quote_identifier, self.search_path))
        return {**({"search_path": listed} if listed else {}), **self.settings}

    def role(self, name: str | None) -> Role | None:
        """Return the role of this name, `None` when the snapshot does not know it."""
        return next((role for role in self.roles if role.name == name), None)

    def setting_of(self, name: str, role: str | None) -> str | None:
        """Return a setting as a new session of the role has it; `None` when the snapshot does not tell.

        As in PostgreSQL, what is set for the role in this database goes before what is set for the role, this before
        what is set for the database, and this before the server's.
        """
        own = self.overrides_of(role).get(name.lower())
        return (
            own if own is not None else next((v for n, v in self.settings.items() if n.lower() == name.lower()), None)
        )

    def overrides_of(self, role: str | None) -> Mapping[str, str]:
        """Return what a new session of the role has set by `ALTER ROLE` and `ALTER DATABASE`, names in lower case."""
        found: dict[str, tuple[tuple[bool, bool], str]] = {}
        for one in self.overrides:
            if one.role in (None, role):
                strength = one.role is not None, one.database is not None
                key = one.name.lower()
                if key not in found or found[key][0] < strength:
                    found[key] = strength, one.value
        return {name: value for name, (_, value) in sorted(found.items())}

    def search_path_of(self, role: str | None) -> tuple[str, ...]:
        """Return the schemas that an unqualified name of this role's statements is looked for in."""
        value = self.setting_of("search_path", role)
        return self.search_path if value is None else schemas_of(value, role)
