"""How two tables belong together: by a declared foreign key, or by the names and types of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from advisor.catalog.schema import Constraint, Schema, Table

GENERIC = frozenset({"id", "uuid", "name", "title", "label", "code", "type", "kind", "status", "email", "created_at"})
"""Column names that many tables have without belonging together."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What ties the child's key to the parent's table."""

    by: Literal["foreign-key", "own-key", "name", "type", "rows"]
    """A constraint, the key of one and the same table, a likeness of names, the constant type of a polymorphic pair,
    or nothing but that the parent returned as many rows as the loop had rounds."""
    parent_columns: tuple[str, ...]
    """The parent's columns whose values the child's key takes, in the order of the child's columns."""
    child_columns: tuple[str, ...]
    to_one: bool
    """Whether the parent points at the child (many rows of the parent may share one)."""
    constraint: str | None = None


def relate(parent: Table, child: Table, key: tuple[str, ...]) -> Relation | None:
    """Return what ties the child's key columns to the parent, a declared foreign key before a likeness of names."""
    return (
        declared(parent, child, key)
        or _own(parent, child, key)
        or _named(parent, child, key)
        or _alike(parent, child, key)
    )


def relate_by_type(parent: Table, child: Table, key: tuple[str, ...], types: tuple[str, ...]) -> Relation | None:
    """Return the tie of a polymorphic child whose constant type (`Post`, `blog.post`) names the parent."""
    own = parent.primary_key
    named = {word.rsplit(".", 1)[-1].lower() for word in types}
    if len(own) == 1 and len(key) == 1 and named & {singular(parent.name), parent.name.lower()}:
        return Relation("type", own, key, False) if _same_type(parent, own[0], child, key[0]) else None
    return None


def singular(name: str) -> str:
    """Return an English table name's singular, well enough to compare it with a column's."""
    lower = name.lower()
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if lower.endswith(ending) and len(lower) > len(ending) + 1:
            return lower[: -len(ending)] + replacement
    return lower[:-1] if lower.endswith("s") and not lower.endswith(("ss", "us", "is")) else lower


def declared(parent: Table, child: Table, key: tuple[str, ...]) -> Relation | None:
    """Return the foreign key of either table that ties the child's key columns to the parent."""
    for constraint in _foreign(child, parent):
        if set(constraint.columns) <= set(key):
            return Relation("foreign-key", constraint.referenced_columns, constraint.columns, False, constraint.name)
    for constraint in _foreign(parent, child):
        if set(constraint.referenced_columns) <= set(key):
            return Relation("foreign-key", constraint.columns, constraint.referenced_columns, True, constraint.name)
    return None


def _own(parent: Table, child: Table, key: tuple[str, ...]) -> Relation | None:
    """Tie rows that are read first and then looked up or written one by one."""
    same = (parent.schema, parent.name) == (child.schema, child.name)
    return Relation("own-key", key, key, True) if same and key and _unique(child, key) else None


def _foreign(table: Table, referenced: Table) -> list[Constraint]:
    target = (referenced.schema, referenced.name)
    return [found for found in table.constraints if found.kind == "foreign" and found.references == target]


def _named(parent: Table, child: Table, key: tuple[str, ...]) -> Relation | None:
    """Tie `session_id` to `sessions.id`, in either direction, when the types agree."""
    for column in key:
        own = parent.primary_key
        if len(own) == 1 and column in _references(parent) and _same_type(parent, own[0], child, column):
            return Relation("name", own, (column,), False)
    if len(key) == 1 and key == child.primary_key:
        for name in _references(child):
            if _same_type(parent, name, child, key[0]):
                return Relation("name", (name,), key, True)
    return None


def _references(table: Table) -> tuple[str, ...]:
    """Return the names a column that points at this table would have."""
    return (f"{singular(table.name)}_id", f"{table.name}_id", f"{singular(table.name)}id", f"id_{singular(table.name)}")


def _alike(parent: Table, child: Table, key: tuple[str, ...]) -> Relation | None:
    """Tie columns of the same name and type that are a key of either table, as natural keys are."""
    if set(key) <= GENERIC or parent is child or not (_unique(child, key) or _unique(parent, key)):
        return None
    if key and all(_same_type(parent, column, child, column) for column in key):
        return Relation("name", key, key, _unique(child, key))
    return None


def points_somewhere(schema: Schema, table: Table, key: tuple[str, ...]) -> bool:
    """Return whether one of these columns is a foreign key: declared, or by name (`squad_id` beside a table squads)."""
    declared = {column for found in table.constraints if found.kind == "foreign" for column in found.columns}
    if declared & set(key):
        return True
    named = {name for other in schema.tables.values() for name in _references(other)}
    return bool(named & set(key))


def _unique(table: Table, key: tuple[str, ...]) -> bool:
    return any(
        set(constraint.columns) <= set(key)
        for constraint in table.constraints
        if constraint.kind in ("primary", "unique")
    )


def _same_type(parent: Table, parent_column: str, child: Table, child_column: str) -> bool:
    left, right = parent.column(parent_column), child.column(child_column)
    integers = {"int2", "int4", "int8"}
    if left is None or right is None:
        return False
    return left.base_type == right.base_type or {left.base_type, right.base_type} <= integers
