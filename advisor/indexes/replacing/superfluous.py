"""Indexes of one table that can go, and what must stay: one answer for the drops and for the rules.

What is kept for the sake of another index is never called superfluous or unused itself, so that two lines of a report
cannot contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from advisor.catalog.index import Index, quote_identifier
from advisor.catalog.schema import Constraint, Table
from advisor.indexes.replacing.implication import implies
from advisor.indexes.replacing.redundancy import disposable, not_dearer, serves


def superfluous(indexes: Iterable[Index]) -> tuple[tuple[Index, Index], ...]:
    """Return each index that another one makes superfluous, with the one that is kept for it."""
    left = [index for index in indexes if index.valid]
    goes: dict[str, tuple[Index, Index]] = {}
    for index in sorted(left, key=_least_worthy):
        if disposable(index) and (other := _better(index, left)):
            goes[index.name] = index, other
            left.remove(index)
    return tuple((index, _kept(other, goes)) for index, other in goes.values())


def _kept(index: Index, goes: dict[str, tuple[Index, Index]]) -> Index:
    """Return what remains where the index that serves another one goes as well."""
    while index.name in goes:
        index = goes[index.name][1]
    return index


def _least_worthy(index: Index) -> tuple[bool, int, int, tuple[int, ...]]:
    """Return the order in which superfluous indexes go: of two equal ones, the less used, then the later name."""
    later = (*(-ord(letter) for letter in index.name), 1)
    return not disposable(index), index.scans or 0, len(index.definition.keys), later


def _better(index: Index, left: Sequence[Index]) -> Index | None:
    return next((other for other in left if other is not index and replaces(other, index)), None)


def replaces(other: Index, index: Index) -> bool:
    """Return whether one existing index does all that another does, at about its cost."""
    return serves(other.definition, index.definition) and not_dearer(other.definition, other.size, index)


def leftover(index: Index) -> bool:
    """Return whether an index is what a failed concurrent build left: invalid, and owned by no constraint."""
    owned = index.primary or index.constraint or index.replica_identity
    return not index.valid and not index.partitioned and not owned


def checks_foreign_key(index: Index, table: Table, left: Iterable[Index] | None = None) -> bool:
    """Return whether a foreign key's check may read the index and no other that is `left` would serve it as well.

    Who deletes a row of the referenced table, or changes its key, has PostgreSQL search this table for it
    (`RI_FKey_*` in ri_triggers.c), however seldom that is.
    """
    others = [other for other in (table.indexes if left is None else left) if other.name != index.name]
    return any(
        (mine := _columns_led(index, constraint)) > 0
        and not any(_columns_led(other, constraint) >= mine for other in others)
        for constraint in table.constraints
        if constraint.kind == "foreign"
    )


def _columns_led(index: Index, constraint: Constraint) -> int:
    """Return how many of a foreign key's columns an index begins with; 0 where the check cannot use it."""
    definition = index.definition
    if not index.valid or definition.method not in ("btree", "hash"):
        return 0
    known = " AND ".join(f"{quote_identifier(column)} IS NOT NULL" for column in constraint.columns)
    if not implies(known, definition.where):
        return 0
    led = 0
    for key in definition.keys:
        if key.column not in constraint.columns:
            break
        led += 1
    return led if definition.method == "btree" or led == len(definition.keys) else 0
