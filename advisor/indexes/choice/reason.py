"""Why a proposal: what each part of the index does for the query it serves best, and which simpler index lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.indexes.candidates.candidate import EQUALITY

METHODS = {
    "gin": "finds rows by what their values contain",
    "gist": "finds rows by overlap, containment or distance",
    "brin": "skips the parts of the table that cannot match",
    "hash": "finds rows by the hash of a wide value",
}


def purpose(definition: IndexDefinition, shapes: Sequence[QueryShape]) -> str:
    """Return what the index does for the query that uses most of it: `equality on a; order by b`."""
    if definition.method in METHODS:
        return METHODS[definition.method]
    place = definition.schema, definition.table
    occurrences = [o for shape in shapes for o in shape.tables if (o.schema, o.table) == place]
    best = max((list(_roles(definition, occurrence)) for occurrence in occurrences), key=len, default=[])
    words = [f"{role} {', '.join(names)}" for role, names in _grouped(best)]
    if definition.include:
        words.append(f"{', '.join(definition.include)} without a visit to the table")
    return "; ".join(words)


def _roles(definition: IndexDefinition, occurrence: TableShape) -> Iterator[tuple[str, str]]:
    """Yield, per key in order, its role and name, as long as the query has a use for it."""
    for key in definition.keys:
        role = _role(key, occurrence)
        if role is None:
            return
        yield role, key.sql


def _role(key: IndexKey, occurrence: TableShape) -> str | None:
    kinds = {predicate.kind for predicate in occurrence.predicates if predicate.term.expression == key.expression}
    if kinds & EQUALITY or "list" in kinds:
        return "equality on"
    if any(edge.term.expression == key.expression for edge in occurrence.joins):
        return "join on"
    if any(sort.term.expression == key.expression for sort in occurrence.sort):
        return "order by"
    if kinds & {"range", "not-null"}:
        return "range on"
    if kinds & {"prefix"}:
        return "prefix of"
    if any(term.expression == key.expression for term in occurrence.group):
        return "groups of"
    return "extreme of" if any(term.expression == key.expression for _, term in occurrence.aggregates) else None


def _grouped(roles: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    grouped: list[tuple[str, list[str]]] = []
    for role, name in roles:
        if grouped and grouped[-1][0] == role:
            grouped[-1][1].append(name)
        else:
            grouped.append((role, [name]))
    return grouped


def simpler(definition: IndexDefinition, other: IndexDefinition) -> bool:
    """Return whether the other index, on the same table, is smaller in keys and payload."""
    if (definition.schema, definition.table) != (other.schema, other.table):
        return False
    return len(other.keys) + len(other.include) < len(definition.keys) + len(definition.include)


def key_list(definition: IndexDefinition) -> str:
    """Return keys, payload and predicate as a short text."""
    text = f"({', '.join(key.sql for key in definition.keys)})"
    text += f" INCLUDE ({', '.join(definition.include)})" if definition.include else ""
    return text + (f" WHERE {definition.where}" if definition.where else "")
