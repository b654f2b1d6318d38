"""Leakproof conditions: those that tell nobody of rows that policies hide, and so may be asked of an index first."""

from __future__ import annotations

from advisor.analysis.shape import Predicate
from advisor.catalog.schema import Schema

TESTS = frozenset({"null", "not-null", "boolean"})
"""Kinds of predicates that call no function."""
BINARY_ALIKE = {"varchar": "text"}
"""Types that are compared by another type's operators."""


def leakproof(schema: Schema, predicate: Predicate) -> bool:
    """Return whether a predicate may be an index condition although policies guard the table."""
    if predicate.term.column is None or predicate.cast is not None:
        return False
    operator = predicate.operator.removesuffix(" ANY").removesuffix(" ALL")
    type_name = BINARY_ALIKE.get(predicate.type or "", predicate.type or "")
    return predicate.kind in TESTS or (operator, type_name) in schema.leakproof
