"""Expressions after name binding: what the parse tree says, with every column tied to a table occurrence.

A small tree of values, free of the parser's nodes. `type` is a base type name (`int4`, `text`, `_int4`), `None` where
it is not known; a bare string literal has the type `unknown`, as in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal as Choice
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table occurrence, or of a subquery that stands as a relation of its own."""

    occurrence: int
    name: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A literal."""

    sql: str
    value: str | None
    type: str | None
    slot: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A `$n`."""

    number: int
    type: str | None = None
    values: tuple[str | None, ...] = ()
    """Values it is known to have had, where executions were captured."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with one operand (prefix) or two."""

    operator: str
    arguments: tuple[Expression, ...]
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; `name` as written, with its schema when one was given."""

    name: tuple[str, ...]
    arguments: tuple[Expression, ...]
    type: str | None = None
    aggregate: bool = False
    window: bool = False
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """A cast the text gives (`explicit`) or the server adds."""

    argument: Expression
    to: str
    """The type as SQL."""
    type: str
    explicit: bool = True


@dataclass(frozen=True, slots=True)
class Collated:
    """An expression with a COLLATE clause."""

    argument: Expression
    collation: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Logic:
    """AND, OR or NOT."""

    operator: Choice["AND", "OR", "NOT"]
    arguments: tuple[Expression, ...]
    type: str | None = "bool"


@dataclass(frozen=True, slots=True)
class Test:
    """`IS NULL`, `IS NOT TRUE` and the like."""

    argument: Expression
    test: str
    type: str | None = "bool"


@dataclass(frozen=True, slots=True)
class Items:
    """A row, an array constructor, or the list after IN."""

    shape: Choice["row", "array", "list"]
    arguments: tuple[Expression, ...]
    type: str | None = None
    more: bool = False
    """Whether normalising folded a longer list into this one: `($1 /*, ... */)`."""


@dataclass(frozen=True, slots=True)
class Membership:
    """`x op ANY (…)`, `x op ALL (…)`, `IN` and `NOT IN`, where the right side is a list or an array."""

    operator: str
    left: Expression
    right: Expression
    every: bool = False
    """ALL instead of ANY: `NOT IN` is `<> ALL`."""
    type: str | None = "bool"


@dataclass(frozen=True, slots=True)
class Subselect:
    """A subquery in an expression that stays one; `arguments` are the outer columns it reads and its test."""

    level: int
    arguments: tuple[Expression, ...] = ()
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Special:
    """A form with a syntax of its own (CASE, COALESCE, XML, …): fixed text between its arguments."""

    text: tuple[str, ...]
    """One more piece than there are arguments."""
    arguments: tuple[Expression, ...]
    type: str | None = None
    stable: bool = False
    """Whether its value depends on more than its arguments (`CURRENT_DATE`)."""


@dataclass(frozen=True, slots=True)
class WholeRow:
    """A whole-row reference to an occurrence."""

    occurrence: int
    type: str | None = "record"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that could not be bound."""

    name: str
    type: str | None = None


Expression: TypeAlias = (
    Field | Value | Placeholder | Operation | Call | Cast | Collated | Logic | Test | Items
    | Membership | Subselect | Special | WholeRow | Unknown
)  # fmt: skip


LEAVES = (Field, Value, Placeholder)
"""Expressions that hold no other."""


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly below one."""
    match expression:
        case Operation() | Call() | Logic() | Items() | Subselect() | Special():
            return expression.arguments
        case Cast() | Collated() | Test():
            return (expression.argument,)
        case Membership():
            return (expression.left, expression.right)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all below it, outermost first."""
    yield expression
    for child in children(expression):
        if isinstance(child, LEAVES):
            yield child
        else:
            yield from walk(child)


def occurrences(expression: Expression) -> frozenset[int]:
    """Return the occurrences whose columns an expression reads."""
    if isinstance(expression, Field):
        return frozenset((expression.occurrence,))
    if isinstance(expression, LEAVES):
        return frozenset()
    return frozenset(part.occurrence for part in walk(expression) if isinstance(part, (Field, WholeRow)))


def fields(expression: Expression) -> tuple[Field, ...]:
    """Return the columns an expression reads, in its order, each once."""
    return tuple(dict.fromkeys(part for part in walk(expression) if isinstance(part, Field)))


def substitute(expression: Expression, columns: Mapping[Expression, Expression]) -> Expression:
    """Return the expression with these columns, or parameters, replaced."""
    match expression:
        case Field() | Placeholder():
            return columns.get(expression, expression)
        case Operation(operator, arguments, kind):
            return Operation(operator, tuple(substitute(part, columns) for part in arguments), kind)
        case Call(name, arguments, kind, aggregate, window, variadic):
            parts = tuple(substitute(part, columns) for part in arguments)
            return Call(name, parts, kind, aggregate, window, variadic)
        case Cast(argument, to, kind, explicit):
            return Cast(substitute(argument, columns), to, kind, explicit)
        case Collated(argument, collation, kind):
            return Collated(substitute(argument, columns), collation, kind)
        case Logic(operator, arguments):
            return Logic(operator, tuple(substitute(part, columns) for part in arguments))
        case Test(argument, test):
            return Test(substitute(argument, columns), test)
        case Items(shape, arguments, kind, more):
            return Items(shape, tuple(substitute(part, columns) for part in arguments), kind, more)
        case Membership(operator, left, right, every):
            return Membership(operator, substitute(left, columns), substitute(right, columns), every)
        case Special(text, arguments, kind, stable):
            return Special(text, tuple(substitute(part, columns) for part in arguments), kind, stable)
        case Subselect(level, arguments, kind):
            return Subselect(level, tuple(substitute(part, columns) for part in arguments), kind)
        case _:
            return expression


TRUE = Value("TRUE", "true", "bool")
FALSE = Value("FALSE", "false", "bool")
