"""GIN: containment in jsonb and arrays, full text, and trigrams for patterns that no b-tree can serve."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.shape import Predicate
from advisor.catalog.index import IndexKey
from advisor.indexes.candidates.candidate import Need, Suggestion

ORDER = 60
TRIGRAM = frozenset({"infix", "pattern", "regex", "similarity"})
INTARRAY = frozenset({"@>", "<@", "&&", "=", "@@"})
"""Operators on integer[] that intarray takes over where it is installed: they are in its own class only."""
JSON_PATH = frozenset({"@>", "@?", "@@"})


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield the inverted indexes whose operator class knows the query's operator."""
    for predicate in need.occurrence.predicates:
        if not need.indexable(predicate.term) or not predicate.term.columns:
            continue
        for opclass, requires in _classes(need, predicate):
            key = IndexKey(predicate.term.expression, predicate.term.column, opclass)
            yield Suggestion(need.index((key,), method="gin"), "inverted", requires)


def _classes(need: Need, predicate: Predicate) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Yield operator class and required extensions; `None` stands for the type's default class."""
    base = _type(need, predicate)
    if predicate.kind in TRIGRAM or (predicate.kind == "prefix" and predicate.operator in {"~~*", "~", "~*"}):
        if base in {"text", "varchar", "bpchar", "citext"}:
            yield "gin_trgm_ops", () if "pg_trgm" in need.context.schema.extensions else ("pg_trgm",)
    elif base == "jsonb" and predicate.kind in {"containment", "existence", "path", "search"}:
        if predicate.operator in JSON_PATH:
            yield "jsonb_path_ops", ()
        yield None, ()
    elif base == "_int4" and predicate.operator in INTARRAY and "intarray" in need.context.schema.extensions:
        yield "gin__int_ops", ()
    elif base.startswith("_") and predicate.kind in {"containment", "overlap", "equality", "existence"}:
        if predicate.operator in {"@>", "<@", "&&", "="}:
            yield None, ()
    elif (base == "hstore" and predicate.kind in {"containment", "existence"}) or (
        base == "tsvector" and predicate.kind == "search"
    ):
        yield None, ()


def _type(need: Need, predicate: Predicate) -> str:
    column = need.column(predicate.term.column) if predicate.term.column else None
    return (column.base_type if column else "") or predicate.type or _guess(predicate)


def _guess(predicate: Predicate) -> str:
    if predicate.kind == "search":
        return "tsvector"
    return "text" if predicate.kind in TRIGRAM or predicate.kind == "prefix" else ""
