"""The schema: tables, columns, constraints, indexes and views as the catalog holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.index import Index, quote_identifier


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table or view."""

    name: str
    type: str
    """`format_type`, for example `character varying(40)`."""
    position: int
    """Attribute number, from 1."""
    base_type: str = ""
    """Name of the type below domains, without modifier, for example `text`, `int4`, `timestamptz`, `_int4`."""
    type_category: str = ""
    """`typcategory` of the base type (`N` number, `S` string, `D` date/time, `B` boolean, `A` array, `U` user…)."""
    length: int = -1
    """`typlen`: bytes, or -1 for varlena."""
    alignment: Literal["c", "s", "i", "d"] = "i"
    not_null: bool = False
    collation: str | None = None
    """Collation name where it is not the database's default."""
    generated: bool = False
    identity: bool = False
    default: str | None = None
    """The default, or the expression of a generated column."""
    virtual: bool = False
    """Whether it is generated when it is read (18+): no index can hold it."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A primary key, unique, foreign key, check or exclusion constraint."""

    name: str
    kind: Literal["primary", "unique", "foreign", "check", "exclusion"]
    columns: tuple[str, ...]
    references: tuple[str, str] | None = None
    """Schema and name of the referenced table (foreign keys)."""
    referenced_columns: tuple[str, ...] = ()
    on_delete: str = ""
    """`pg_constraint.confdeltype`: `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default."""
    definition: str = ""
    validated: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of row security: which rows some roles see, or change."""

    name: str
    command: str
    """`pg_policy.polcmd`: `*` all, `r` SELECT, `a` INSERT, `w` UPDATE, `d` DELETE."""
    permissive: bool
    """Whether it opens rows (any such policy does), or restricts what the others open."""
    roles: tuple[str, ...]
    """Roles it is for; empty for all."""
    using: str | None
    """Its condition, as SQL over the table's columns."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, partitioned table, materialised view, view or foreign table."""

    schema: str
    name: str
    kind: Literal["table", "partitioned", "view", "matview", "foreign"]
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    parent: tuple[str, str] | None = None
    """Schema and name of the partitioned or inherited parent."""
    partition_key: str | None = None
    definition: str | None = None
    """SQL of a view or materialised view."""
    fillfactor: int = 100
    row_security: bool = False
    force_row_security: bool = False
    """Whether policies apply to the owner, too."""
    policies: tuple[Policy, ...] = ()
    security_invoker: bool = False
    """Whether the tables behind a view are read as the role that asks, not as the view's owner."""
    extended_statistics: tuple[ExtendedStatistics, ...] = ()
    """What `CREATE STATISTICS` made on it, by name."""

    @property
    def qualified(self) -> str:
        """Return the quoted, schema-qualified name."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"

    def column(self, name: str) -> Column | None:
        """Return the column of this name, `None` when there is none."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def types(self) -> Mapping[str, str]:
        """Return the base type of each column of which it is known, by name."""
        return {column.name: column.base_type for column in self.columns if column.base_type}

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Return the primary key's columns, empty when there is none."""
        return next((constraint.columns for constraint in self.constraints if constraint.kind == "primary"), ())


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything name binding and candidate building need to know of a database's structure."""

    tables: Mapping[tuple[str, str], Table]
    """By schema and name."""
    server_version: int
    """`server_version_num`, for example 180001."""
    search_path: tuple[str, ...] = ("public",)
    extensions: tuple[str, ...] = ()
    immutable_functions: frozenset[str] = frozenset()
    """Names of functions that are IMMUTABLE in every overload, unqualified."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Base type name to `typcategory`, for types beyond the built-in ones."""
    settings_functions: Mapping[str, str] = field(default_factory=dict)
    """Functions that read settings by `current_setting`: name to body."""
    leakproof: frozenset[tuple[str, str]] = frozenset()
    """Operators that tell nothing of their operands, by name and type of both: below policies only these can be index
    conditions of what a query asks itself."""

    def table(self, name: str, schema: str | None = None) -> Table | None:
        """Return the table that a possibly unqualified name means under the search path."""
        if schema is not None:
            return self.tables.get((schema, name))
        for candidate in (*self.search_path, "pg_catalog"):
            if found := self.tables.get((candidate, name)):
                return found
        return None

    @property
    def major(self) -> int:
        """Return the server's major version."""
        return self.server_version // 10_000
