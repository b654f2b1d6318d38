"""Whether one index predicate implies another, decided on their parse trees; in doubt the answer is no.

What follows is what follows from AND, OR and NOT with NULLs alone: no operator's meaning is assumed, since a type may
bring its own. Both predicates must be immutable and printed under one search path, as those of indexes are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from advisor.analysis.condition import Condition, Junction, condition

LIMIT = 20_000
"""Pairs of a part of one predicate and a part of the other, beyond which the answer is no unasked."""


def implies(premise: str | None, conclusion: str | None, types: Mapping[str, str] | None = None) -> bool:
    """Return whether every row of an index on `premise` satisfies `conclusion` (`None` is true of every row).

    `types` are the base types of the table's columns, without which casts are taken as they stand.
    """
    if conclusion is None or premise == conclusion:
        return True
    if premise is None:
        return False
    known = tuple(sorted((types or {}).items()))
    given, wanted = _condition(premise, known), _condition(conclusion, known)
    if given is None or wanted is None:
        return False
    return given == wanted or (_size(given) * _size(wanted) <= LIMIT and _Search().follows(given, wanted))


@lru_cache(maxsize=4096)
def _condition(sql: str, types: tuple[tuple[str, str], ...]) -> Condition | None:
    return condition(sql, dict(types))


def _size(tree: Condition) -> int:
    """Return the number of its parts, itself included."""
    return 1 + sum(map(_size, tree.parts)) if isinstance(tree, Junction) else 1


class _Search:
    """One question, and the answers found on the way."""

    def __init__(self) -> None:
        self.known: dict[tuple[Condition, Condition], bool] = {}

    def follows(self, given: Condition, wanted: Condition) -> bool:
        """Return whether a row that satisfies `given` satisfies `wanted`."""
        if given == wanted:
            return True
        if (given, wanted) not in self.known:
            self.known[given, wanted] = self._parts(given, wanted)
        return self.known[given, wanted]

    def _parts(self, given: Condition, wanted: Condition) -> bool:
        if isinstance(wanted, Junction) and wanted.joint == "and":
            return all(self.follows(given, part) for part in wanted.parts)
        if isinstance(given, Junction) and given.joint == "or":
            return all(self.follows(part, wanted) for part in given.parts)
        if isinstance(wanted, Junction) and any(self.follows(given, part) for part in wanted.parts):
            return True
        return isinstance(given, Junction) and any(self.follows(part, wanted) for part in given.parts)
