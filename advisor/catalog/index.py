"""Index definitions: what `CREATE INDEX` says, as a value that can be compared, named and written out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace

from pglast.keywords import COL_NAME_KEYWORDS, RESERVED_KEYWORDS, TYPE_FUNC_NAME_KEYWORDS

NAME_LIMIT = 63
"""Bytes of an identifier that the server keeps (NAMEDATALEN - 1)."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\W\d][\w$]*""")
_RESERVED = RESERVED_KEYWORDS | TYPE_FUNC_NAME_KEYWORDS | COL_NAME_KEYWORDS


def quote_identifier(name: str) -> str:
    """Return `name` as SQL, double-quoted only where needed: the rule of `quote_identifier` in ruleutils.c."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified_name(schema: str, name: str) -> str:
    """Return the name of a relation as SQL, with its schema."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}"


def mentions(expression: str, column: str) -> bool:
    """Return whether an SQL expression names this column; string literals do not count."""
    tokens = (match[0] for match in _TOKEN.finditer(expression) if not match[0].startswith("'"))
    return any((token[1:-1].replace('""', '"') if token[0] == '"' else token.lower()) == column for token in tokens)


@dataclass(frozen=True, slots=True, order=True)
class IndexKey:
    """One key part of an index: a column or an expression, with its operator class, collation and direction."""

    expression: str
    """SQL as it stands in `CREATE INDEX`: a quoted column, or an expression with its parentheses."""
    column: str | None = None
    """Bare column name when the key is a plain column."""
    opclass: str | None = None
    collation: str | None = None
    descending: bool = False
    nulls_first: bool | None = None
    """`None` means the default: first when descending, last when ascending."""

    @property
    def sql(self) -> str:
        """Return the key part as it stands between the parentheses of `CREATE INDEX`."""
        parts = [self.expression]
        if self.collation:
            parts.append(f"COLLATE {self.collation}")
        if self.opclass:
            parts.append(self.opclass)
        if self.descending:
            parts.append("DESC")
        if self.nulls_first is not None and self.nulls_first != self.descending:
            parts.append("NULLS FIRST" if self.nulls_first else "NULLS LAST")
        return " ".join(parts)

    @staticmethod
    def of(column: str, *, descending: bool = False, opclass: str | None = None) -> IndexKey:
        """Return the key for a plain column."""
        return IndexKey(quote_identifier(column), column, opclass, None, descending)


@dataclass(frozen=True, slots=True, order=True)
class IndexDefinition:
    """A complete index definition except for its name."""

    schema: str
    table: str
    keys: tuple[IndexKey, ...]
    include: tuple[str, ...] = ()
    """Bare names of the payload columns."""
    where: str | None = None
    """Predicate of a partial index, as SQL."""
    method: str = "btree"
    unique: bool = False
    storage: tuple[tuple[str, str], ...] = field(default=())
    """Storage parameters, for example `(("fillfactor", "70"),)`."""

    @property
    def qualified_table(self) -> str:
        """Return the quoted, schema-qualified table name."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.table)}"

    @property
    def body(self) -> str:
        """Return everything after `ON table`: method, keys, INCLUDE, WITH and WHERE."""
        parts = [f"USING {self.method} ({', '.join(key.sql for key in self.keys)})"]
        if self.include:
            parts.append(f"INCLUDE ({', '.join(quote_identifier(name) for name in self.include)})")
        if self.storage:
            parts.append(f"WITH ({', '.join(f'{key} = {value}' for key, value in self.storage)})")
        if self.where:
            parts.append(f"WHERE {self.where}")
        return " ".join(parts)

    def ddl(self, name: str | None = None, *, concurrently: bool = False) -> str:
        """Return the `CREATE INDEX` statement, under `name` or the default name."""
        words = ["CREATE", *(["UNIQUE"] if self.unique else []), "INDEX", *(["CONCURRENTLY"] if concurrently else [])]
        return f"{' '.join(words)} {quote_identifier(name or self.name)} ON {self.qualified_table} {self.body}"

    @property
    def name(self) -> str:
        """Return the default name: readable, at most 63 bytes, with a hash of the definition.

        The hash makes a new definition a new name, which Alembic needs: it never compares predicate, INCLUDE, method
        or operator class.
        """
        digest = hashlib.sha256(f"{self.qualified_table} {self.unique} {self.body}".encode()).hexdigest()[:8]
        words = [self.table, *(key.column or "expr" for key in self.keys)]
        stem = "ix_" + "_".join(words).lower()
        room = NAME_LIMIT - len(digest) - 1
        return f"{stem.encode()[:room].decode(errors='ignore')}_{digest}"

    def including(self, columns: tuple[str, ...]) -> IndexDefinition:
        """Return the same index with these payload columns."""
        return replace(self, include=columns)


@dataclass(frozen=True, slots=True)
class IndexSize:
    """How large an index is, or would be."""

    tuples: float
    pages: int
    """Pages of 8192 bytes, metapage included."""
    height: int
    """Levels below the root (`level` of the metapage); 0 for a single page and for methods without levels."""

    @property
    def bytes(self) -> int:
        """Return the size in bytes."""
        return self.pages * 8192


@dataclass(frozen=True, slots=True)
class Index:
    """An index that exists in the catalog."""

    name: str
    definition: IndexDefinition
    size: IndexSize
    primary: bool = False
    constraint: str | None = None
    """Name of the constraint that owns it, if any."""
    valid: bool = True
    ready: bool = True
    partitioned: bool = False
    """Whether it is a partitioned index (relkind `I`)."""
    scans: int | None = None
    """`idx_scan` since the statistics were reset."""
    last_scan: str | None = None
    """`last_idx_scan` (16+), ISO 8601."""
    nulls_not_distinct: bool = False
    replica_identity: bool = False
    attached: bool = False
    """Whether it is part of a partitioned index, and goes with it only."""
    clustered: bool = False
    """Whether `CLUSTER` without an index name takes this one."""
    statistics_targets: tuple[tuple[int, int], ...] = ()
    """Number of a key and the statistics target that `ALTER INDEX` set for it."""
    tablespace: str | None = None
    comment: str | None = None
    attributes: tuple[str, ...] = ()
    """Names of its columns in `pg_attribute`, under which `pg_stats` lists those that are expressions."""
    ddl: str = ""
    """`pg_get_indexdef`, exactly as the server prints it."""

    @property
    def full_name(self) -> str:
        """Return schema and name, unquoted, as `WhatIf` takes it: another schema may have an index of the same name."""
        return f"{self.definition.schema}.{self.name}"
