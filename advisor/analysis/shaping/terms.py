"""Terms and operands: bound expressions as what an index could hold, and as what a condition compares it with."""

from __future__ import annotations

from advisor.analysis.binding.bind import quote_literal
from advisor.analysis.binding.functions import call_immutable
from advisor.analysis.binding.resolution import binary, cast_volatility, operator
from advisor.analysis.binding.state import State
from advisor.analysis.deparse import sql
from advisor.analysis.expression import (
    Call,
    Cast,
    Collated,
    Expression,
    Field,
    Operation,
    Placeholder,
    Special,
    Subselect,
    Unknown,
    Value,
    WholeRow,
    fields,
    occurrences,
    substitute,
    walk,
)
from advisor.analysis.shape import Computed, Constant, Operand, Parameter, Reference, Term
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Schema

RELABELLED = frozenset({("citext", "text"), ("text", "citext")})
"""Casts of extensions that change nothing but the type's name."""
CLOCK_WORDS = ("now", "today", "tomorrow", "yesterday")
"""Literals whose value depends on when they are read."""
STABLE_OPERATORS = ("%", "<%", "%>", "<<%", "%>>")
"""Operators of extensions whose answer depends on a setting."""


def relabelled(expression: Expression) -> Expression:
    """Return an expression without casts that change nothing but the type's name."""
    while isinstance(expression, Cast) and _changes_name_only(expression):
        expression = expression.argument
    return expression


def _changes_name_only(cast: Cast) -> bool:
    source = cast.argument.type
    return "(" not in cast.to and not isinstance(cast.argument, (Value, Placeholder)) and (
        binary(source, cast.type) or (source, cast.type) in RELABELLED)  # fmt: skip


def term(state: State, expression: Expression) -> Term | None:
    """Return the term for an expression over one table; `None` when no index can hold it."""
    expression = relabelled(settled(expression))
    collation = expression.collation if isinstance(expression, Collated) else None
    expression = relabelled(expression.argument) if isinstance(expression, Collated) else expression
    read = fields(expression)
    if not read or any(isinstance(part, (Subselect, Unknown, WholeRow)) for part in walk(expression)):
        return None
    if any(field.type == "tid" or state.column(field) is None for field in read):
        return None
    columns = tuple(dict.fromkeys(field.name for field in read))
    if isinstance(expression, Field):
        return Term(quote_identifier(expression.name), columns, collation=collation)
    shown = sql(expression)
    shown = shown if shown.startswith("(") and shown.endswith(")") and _encloses(shown) else f"({shown})"
    literals = (part.slot for part in walk(expression) if isinstance(part, Value) and part.slot is not None)
    return Term(shown, columns, immutable(state.schema, expression), collation, tuple(sorted(set(literals))))


def settled(expression: Expression) -> Expression:
    """Return an expression with every parameter that only ever had one value replaced by it.

    Normalising takes `'lang'` out of `settings ->> 'lang'`; without it no index on that expression can be named.
    """
    once: dict[Expression, Expression] = {
        part: _literal(part.values[0], part.number - 1)
        for part in walk(expression)
        if isinstance(part, Placeholder) and len(part.values) == 1
    }
    return substitute(expression, once) if once else expression


def _literal(value: str | None, slot: int) -> Value:
    if value is None:
        return Value("NULL", None, "unknown", slot)
    number = value.isascii() and value.isdigit()
    return Value(value if number else quote_literal(value), value, "int4" if number else "unknown", slot)


def _encloses(text: str) -> bool:
    """Whether the first parenthesis closes only at the end (quotes minded)."""
    depth, quote = 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0:
                return place == len(text) - 1
    return False


def immutable(schema: Schema, expression: Expression) -> bool:
    """Whether an index may hold an expression: nothing in it depends on settings, time or parameters."""
    return all(_immutable_part(schema, part) for part in walk(expression))


def _immutable_part(schema: Schema, part: Expression) -> bool:
    match part:
        case Placeholder() | Subselect() | Unknown() | WholeRow():
            return False
        case Special():
            return not part.stable
        case Call(name, arguments, _, aggregate, window):
            kinds = tuple(argument.type for argument in arguments)
            return not aggregate and not window and call_immutable(schema, name, kinds)
        case Cast(Value(), _, _):
            return isinstance(part.argument, Value) and _fixed(part.argument.value, part.type)
        case Cast(argument, _, kind):
            return cast_volatility(argument.type, kind) == "i" or relabelled(part) != part
        case Operation(name, arguments):
            kinds = tuple(argument.type for argument in arguments)
            found = operator(name, kinds[0] if len(kinds) > 1 else "", kinds[-1])
            return found.volatility == "i" if found else name not in STABLE_OPERATORS
    return True


def _fixed(value: str | None, kind: str) -> bool:
    """Whether a literal of a type means the same whenever it is read."""
    return not kind.startswith("reg") and (value or "").strip().lower() not in CLOCK_WORDS


def constant(expression: Expression) -> bool:
    """Whether an expression is the same for every row of every table here."""
    return not occurrences(expression) and not any(
        isinstance(part, (Subselect, Unknown)) or (isinstance(part, Call) and part.name[-1] in ("random", "nextval"))
        for part in walk(expression)
    )


def operand(state: State, expression: Expression) -> Operand:
    """Return what a condition compares its term with."""
    inner = expression
    while isinstance(inner, Cast):
        inner = inner.argument
    if isinstance(inner, Value):
        return Constant(sql(expression), inner.value, inner.slot)
    if isinstance(inner, Placeholder):
        return Parameter(inner.number, inner.number - 1)
    others = occurrences(expression)
    if len(others) == 1:
        (other,) = others
        found = term(state, expression) if state.relations[other].table is not None else None
        if found is not None:
            return Reference(other, found)
    return Computed(sql(expression, lambda field: shown(state, field)))


def shown(state: State, field: Field) -> str:
    """Return a column with its table's alias, as a reader knows it."""
    return f"{quote_identifier(state.relations[field.occurrence].alias)}.{quote_identifier(field.name)}"
