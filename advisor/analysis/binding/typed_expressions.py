"""Expressions with their types: what an operation or call gives, and the casts the server adds on the way."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.analysis.binding import resolution
from advisor.analysis.expression import Cast, Expression, Items, Membership, Operation, Placeholder, Value

COMPARISONS = frozenset({
    "=", "<>", "<", "<=", ">", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~", "~*", "!~*", "@>", "<@", "&&", "?", "?|",
    "?&", "@@", "@?", "<%", "%>", "<<%", "%>>", "~=", "<<", ">>", "&<", "&>", "-|-", "|>>", "<<|", "&<|", "|&>", "<^",
    ">^", "^@", "<<=", ">>=", "&&&", "@",
})  # fmt: skip
"""Operators that give a boolean also on types that an extension brings."""
NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")
"""Numeric types, each implicitly cast to those after it."""


def prefix(operator: str, argument: Expression) -> Operation:
    """Return a prefix operation."""
    found = resolution.operator(operator, "", argument.type)
    return Operation(operator, (argument,), found.result if found else argument.type)


def operation(operator: str, left: Expression, right: Expression) -> Operation:
    """Return a binary operation with the casts that the server would add to its sides."""
    found = resolution.operator(operator, left.type, right.type)
    if found is None:
        text = operator == "%" and left.type in ("text", "varchar")
        return Operation(operator, (left, right), "bool" if operator in COMPARISONS or text else None)
    sides = (coerced(left, found.left), coerced(right, found.right))
    return Operation(operator, sides, _result(found, left.type, right.type))


def _result(found: resolution.Operator, *kinds: str | None) -> str | None:
    if not found.result.startswith("any"):
        return found.result
    return next((kind for kind in kinds if kind and resolution.implicit(kind, found.result)), None)


def coerced(expression: Expression, wanted: str) -> Expression:
    """Return an expression as the type an operator takes; literals and parameters take it by themselves."""
    kind = expression.type
    free = isinstance(expression, (Value, Placeholder)) or kind in (None, resolution.UNKNOWN, "record")
    if free or wanted.startswith("any") or resolution.binary(kind, wanted):
        return expression
    return Cast(expression, wanted, wanted, explicit=False)


def membership(operator: str, left: Expression, right: Expression, *, every: bool) -> Membership:
    """Return `left operator ANY (right)`, or ALL, with the cast the server would add to its left side."""
    found = resolution.operator(operator, left.type, element_type(right))
    if found is not None and not isinstance(left, Items):
        left = coerced(left, found.left)
    return Membership(operator, left, right, every)


def element_type(right: Expression) -> str | None:
    """Return the type of the members of a list or array."""
    if isinstance(right, Items) and right.shape == "list":
        return common_type([item.type for item in right.arguments])
    kind = right.type
    return kind[1:] if kind and kind.startswith("_") else None


def common_type(kinds: Sequence[str | None]) -> str | None:
    """Return the type that several expressions are brought to, `None` where it cannot be told."""
    known = list(dict.fromkeys(kind for kind in kinds if kind not in (None, resolution.UNKNOWN)))
    if len(known) > 1 and all(kind in NUMBERS for kind in known):
        return max(known, key=lambda kind: NUMBERS.index(kind or ""))
    return known[0] if known else None
