"""Equivalence classes: terms that must be equal where conditions filter together, and the constant they equal."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.analysis.expression import Expression, Field, Operation, occurrences
from advisor.analysis.shaping.terms import constant, relabelled


@dataclass(slots=True, eq=False)
class Class:
    """Expressions that are all equal."""

    members: list[Expression] = field(default_factory=list)
    """Each reads exactly one relation."""
    constant: Expression | None = None
    direct: list[tuple[Expression, Expression]] = field(default_factory=list)
    """Pairs that a condition joins."""


@dataclass(slots=True, eq=False)
class Classes:
    """All equivalence classes of one group of domains."""

    by_member: dict[Expression, Class] = field(default_factory=dict)
    classes: list[Class] = field(default_factory=list)

    def of(self, member: Expression) -> Class | None:
        """Return the class an expression belongs to."""
        return self.by_member.get(relabelled(member))

    def absorb(self, condition: Expression) -> bool:
        """Take a condition in when it is an equality between terms, or of a term and a constant."""
        if not isinstance(condition, Operation) or condition.operator != "=" or len(condition.arguments) != 2:
            return False
        left, right = map(relabelled, condition.arguments)
        if _single(left) and _single(right):
            joined = self._unite(self._class(left), self._class(right))
            joined.direct.append((left, right))
            return occurrences(left) != occurrences(right)  # two columns of one table stay a condition of it, too
        for one, other in ((left, right), (right, left)):
            if _single(one) and constant(other):
                found = self._class(one)
                if found.constant is not None and found.constant != other:
                    return False
                found.constant = other
                return True
        return False

    def _class(self, member: Expression) -> Class:
        found = self.by_member.get(member)
        if found is None:
            found = self.by_member[member] = Class([member])
            self.classes.append(found)
        return found

    def _unite(self, one: Class, other: Class) -> Class:
        if one is other:
            return one
        one.members += other.members
        one.direct += other.direct
        one.constant = one.constant or other.constant
        self.classes.remove(other)
        for member in other.members:
            self.by_member[member] = one
        return one


def _single(expression: Expression) -> bool:
    return len(occurrences(expression)) == 1 and (isinstance(expression, Field) or bool(occurrences(expression)))
