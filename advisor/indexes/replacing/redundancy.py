"""When one index can do everything another does: the rules for duplicates, prefixes and replacements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from advisor.catalog.index import Index, IndexDefinition, IndexKey, IndexSize
from advisor.indexes.replacing.implication import implies

DEFAULT_CLASSES = frozenset({
    None, "int2_ops", "int4_ops", "int8_ops", "text_ops", "varchar_ops", "bpchar_ops", "bool_ops", "date_ops",
    "timestamp_ops", "timestamptz_ops", "uuid_ops", "numeric_ops", "float8_ops", "enum_ops", "jsonb_ops",
})  # fmt: skip
"""Operator classes that `CREATE INDEX` takes by default, and `None`, which asks for the default."""


SMALLER = 0.5
"""Share of another index's pages below which a partial index is worth having beside it: it is read and cached whole."""


def serves(wide: IndexDefinition, narrow: IndexDefinition, types: Mapping[str, str] | None = None) -> bool:
    """Return whether every scan that `narrow` offers, `wide` offers too (uniqueness is not looked at).

    A b-tree serves another whose keys are its own first keys, in the same or in the exactly opposite directions, with
    the same operator classes and collations, whose payload it holds, and whose predicate implies its own. Other
    methods serve only an index with the same keys. `types` are the base types of the table's columns, for predicates
    that were spelled by different hands.
    """
    same_table = (wide.schema, wide.table, wide.method) == (narrow.schema, narrow.table, narrow.method)
    if not same_table or not implies(narrow.where, wide.where, types):
        return False
    if not (_directed(wide.keys, narrow.keys) if wide.method == "btree" else _plain(wide.keys) == _plain(narrow.keys)):
        return False
    # Of the keys, a b-tree returns the values; GiST does where the operator class can, which is not known here.
    held = {key.column for key in wide.keys if wide.method == "btree"} | set(wide.include)
    return set(narrow.include) <= held


def _directed(wide: tuple[IndexKey, ...], narrow: tuple[IndexKey, ...]) -> bool:
    leading = _plain(wide[: len(narrow)])
    return leading == _plain(narrow) or leading == _plain(tuple(map(reversed_key, narrow)))


def reversed_key(key: IndexKey) -> IndexKey:
    """Return the key as a backward scan sees it."""
    nulls_first = key.descending if key.nulls_first is None else key.nulls_first
    return replace(key, descending=not key.descending, nulls_first=not nulls_first)


def _plain(keys: tuple[IndexKey, ...]) -> tuple[IndexKey, ...]:
    """Return the keys with defaults spelled in one way."""
    return tuple(
        replace(
            key,
            opclass=None if key.opclass in DEFAULT_CLASSES else key.opclass,
            nulls_first=key.descending if key.nulls_first is None else key.nulls_first,
        )
        for key in keys
    )


def served_by_existing(
    candidate: IndexDefinition, existing: tuple[Index, ...], types: Mapping[str, str] | None = None
) -> Index | None:
    """Return a valid existing index that serves the candidate, `None` when there is none."""
    return next((index for index in existing if index.valid and serves(index.definition, candidate, types)), None)


def replaceable(
    candidate: IndexDefinition, size: IndexSize, existing: tuple[Index, ...], types: Mapping[str, str] | None = None
) -> tuple[Index, ...]:
    """Return the existing indexes that the candidate would make redundant and that nothing else needs."""
    return tuple(
        index
        for index in existing
        if index.valid
        and disposable(index)
        and serves(candidate, index.definition, types)
        and not_dearer(candidate, size, index, types)
    )


def not_dearer(wide: IndexDefinition, size: IndexSize, index: Index, types: Mapping[str, str] | None = None) -> bool:
    """Return whether scans cost about the same: a small partial index stays beside a large one.

    A scan of the large one reads the entries of other rows as well.
    """
    return implies(wide.where, index.definition.where, types) or index.size.pages > size.pages * SMALLER


def disposable(index: Index) -> bool:
    """Return whether an index only serves scans, and can go by itself.

    It enforces nothing, no replication rests on it, and it is no partition's part of a partitioned index.
    """
    enforces = index.primary or index.constraint or index.definition.unique
    return not (enforces or index.replica_identity or index.attached)
