"""Why no index can serve a condition as it is written: told before anything is said of tables and costs."""

from __future__ import annotations

import re

from advisor.analysis.shape import Predicate, QueryShape
from advisor.indexes.proposal import WhyNot

_HIDDEN = re.compile(r"\$\d+")
PATTERNS = frozenset({"prefix", "infix", "pattern", "regex"})


def hint(query: str, shape: QueryShape) -> WhyNot | None:
    """Return the reason that lies in the statement itself, `None` where there is none."""
    if "any-of-array-column" in shape.features:
        why = "= ANY (column) can use no index: column @> ARRAY[value] can, with GIN (SQL011)"
        return WhyNot(query, "any-of-array", why)
    predicates = [predicate for table in shape.tables for predicate in table.predicates]
    return next((found for one in predicates if (found := _of(query, one))), None)


def _of(query: str, predicate: Predicate) -> WhyNot | None:
    expression = predicate.term.expression
    if hidden := _HIDDEN.search(expression):
        why = f"its condition is on {expression}, of which {hidden[0]} hides the key: add a log, which holds the values"
        return WhyNot(query, "hidden-key", why)
    if predicate.implicit_cast and predicate.cast in {"numeric", "float8"}:
        why = f"the server casts {expression}, as it is compared with a {predicate.cast}: bind the column's own type"
        return WhyNot(query, "mistyped", why)
    return None


def written_so(query: str, shape: QueryShape) -> WhyNot | None:
    """Return the reason where the statement could be written otherwise, once no index was found to help it."""
    if "or-over-tables" in shape.features:
        why = "OR over columns of several tables can use no index: one SELECT per arm, united, can (SQL005)"
        return WhyNot(query, "or-over-tables", why)
    return _case_blind(query, shape)


def _case_blind(query: str, shape: QueryShape) -> WhyNot | None:
    """Return the reason where a pattern is matched by citext's own operators, which no trigram class knows."""
    for predicate in (predicate for table in shape.tables for predicate in table.predicates):
        if predicate.type == "citext" and predicate.kind in PATTERNS:
            text = f"{predicate.term.expression}::text"
            why = f"no trigram index serves patterns on citext: one on {text} does, for {text} ILIKE …"
            return WhyNot(query, "citext-pattern", why)
    return None
