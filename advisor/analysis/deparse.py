"""Expressions back to SQL: without alias for what an index may hold, with alias for what a reader sees."""

from __future__ import annotations

from collections.abc import Callable

from advisor.analysis.expression import (
    Call,
    Cast,
    Collated,
    Expression,
    Field,
    Items,
    Logic,
    Membership,
    Operation,
    Placeholder,
    Special,
    Subselect,
    Test,
    Unknown,
    Value,
    WholeRow,
)
from advisor.catalog.index import quote_identifier

Naming = Callable[[Field], str]


def bare(field: Field) -> str:
    """Return a column as an index names it: quoted, without table."""
    return quote_identifier(field.name)


def sql(expression: Expression, name: Naming = bare) -> str:
    """Return an expression as SQL; every operation stands in parentheses."""
    match expression:
        case Field():
            return name(expression)
        case Value():
            return expression.sql
        case Placeholder(number):
            return f"${number}"
        case Operation():
            return _operation(expression, name)
        case Call():
            return _call(expression, name)
        case Logic() | Test() | Cast() | Collated():
            return f"({_suffixed(expression, name)})"
        case Items():
            return _items(expression, name)
        case Membership():
            return _membership(expression, name)
        case Special():
            return _special(expression, name)
        case Subselect():
            return "(SELECT …)"
        case WholeRow():
            return "ROW"
        case Unknown(unbound):
            return unbound


def _suffixed(expression: Logic | Test | Cast | Collated, name: Naming) -> str:
    """Return what stands between the parentheses of an expression that is its arguments and a word."""
    match expression:
        case Cast(argument, to):
            return f"{sql(argument, name)}::{to}"
        case Collated(argument, collation):
            return f"{sql(argument, name)} COLLATE {collation}"
        case Logic("NOT", (argument,)):
            return f"NOT {sql(argument, name)}"
        case Logic(operator, arguments):
            return f" {operator} ".join(sql(part, name) for part in arguments)
        case Test(argument, test):
            return f"{sql(argument, name)} {test}"


def _items(expression: Items, name: Naming) -> str:
    words = {"row": "ROW", "array": "ARRAY", "list": ""}[expression.shape]
    inside = ", ".join(sql(part, name) for part in expression.arguments)
    return f"{words}[{inside}]" if expression.shape == "array" else f"{words}({inside})"


def _special(expression: Special, name: Naming) -> str:
    pieces = [expression.text[0]]
    for part, after in zip(expression.arguments, expression.text[1:], strict=True):
        pieces += [sql(part, name), after]
    return "".join(pieces)


def _operator(operator: str) -> str:
    return operator if "." not in operator else f"OPERATOR({operator})"


def _operation(expression: Operation, name: Naming) -> str:
    parts = [sql(part, name) for part in expression.arguments]
    operator = _operator(expression.operator)
    return f"({operator} {parts[0]})" if len(parts) == 1 else f"({parts[0]} {operator} {parts[1]})"


def _call(expression: Call, name: Naming) -> str:
    parts = [sql(part, name) for part in expression.arguments]
    if expression.variadic:
        parts[-1] = f"VARIADIC {parts[-1]}"
    return f"{function_name(expression.name)}({', '.join(parts)})"


def function_name(name: tuple[str, ...]) -> str:
    """Return a function's name as SQL, quoted where it must be."""
    return ".".join(part if part.isascii() and part.isidentifier() and part == part.lower() else quote_identifier(part)
                    for part in name)  # fmt: skip


def _membership(expression: Membership, name: Naming) -> str:
    left, right = sql(expression.left, name), sql(expression.right, name)
    if isinstance(expression.right, Items) and expression.right.shape == "list":
        if expression.operator == "=" and not expression.every:
            return f"({left} IN {right})"
        if expression.operator == "<>" and expression.every:
            return f"({left} NOT IN {right})"
        right = f"(ARRAY[{right[1:-1]}])"
    elif not right.startswith("("):
        right = f"({right})"
    return f"({left} {_operator(expression.operator)} {'ALL' if expression.every else 'ANY'} {right})"
