"""Predicates: a condition as a term of one table, an operator and what the term is compared with."""

from __future__ import annotations

from dataclasses import replace

from advisor.analysis.binding.state import State
from advisor.analysis.deparse import sql
from advisor.analysis.expression import (
    FALSE,
    TRUE,
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
    Test,
    Value,
    occurrences,
)
from advisor.analysis.shape import Predicate, PredicateKind
from advisor.analysis.shaping.terms import immutable, operand, relabelled, term

COMMUTED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<=", "@>": "<@", "<@": "@>", "&&": "&&",
            "%": "%", "<%": "%>", "%>": "<%", "<<%": "%>>", "%>>": "<<%", "<->": "<->", "-|-": "-|-", "~=": "~=",
            "<<": ">>", ">>": "<<", "@@": "@@"}  # fmt: skip
"""The operator that means the same with its sides exchanged."""
KINDS: dict[str, PredicateKind] = {
    "=": "equality", "<>": "inequality", "<": "range", "<=": "range", ">": "range", ">=": "range", "~": "regex",
    "~*": "regex", "^@": "prefix", "%": "similarity", "<%": "similarity", "%>": "similarity", "<<%": "similarity",
    "%>>": "similarity", "@>": "containment", "<@": "containment", "?": "existence", "?|": "existence",
    "?&": "existence", "&&": "overlap", "@@": "search", "@?": "path", "!~~": "inequality", "!~~*": "inequality",
    "!~": "inequality", "!~*": "inequality", "-|-": "overlap", "<<": "overlap", ">>": "overlap", "&<": "overlap",
    "&>": "overlap",
}  # fmt: skip
SPATIAL_TYPES = frozenset(
    {"geometry", "geography", "point", "box", "polygon", "circle", "line", "lseg", "path", "raster"}
)
SPATIAL_CALLS = frozenset({
    "st_intersects", "st_contains", "st_within", "st_covers", "st_coveredby", "st_crosses", "st_overlaps", "st_touches",
    "st_equals", "st_containsproperly", "st_dwithin", "st_dfullywithin", "st_3dintersects", "st_3ddwithin",
})  # fmt: skip


def predicates(state: State, condition: Expression, own: int, number: int) -> tuple[Predicate, ...]:
    """Return what a condition asks of occurrence `own`; empty when it cannot restrict it alone.

    `number` is given to the alternatives of an OR.
    """
    if isinstance(condition, Logic) and condition.operator == "OR":
        return _alternatives(state, condition, own, number)
    found = _single(state, condition, own)
    return (found,) if found is not None else ()


def _single(state: State, condition: Expression, own: int) -> Predicate | None:
    match condition:
        case Operation(operator, (left, right)):
            found = _compare(state, operator, left, right, own)
        case Membership():
            found = _membership(state, condition, own)
        case Test(argument, test):
            found = _test(state, argument, test, own)
        case Call():
            found = _call(state, condition, own)
        case Logic("NOT", (argument,)) if isinstance(relabelled(argument), Field):
            found = _boolean(state, argument, own, FALSE)
        case Field():
            found = _boolean(state, condition, own, TRUE)
        case _:
            found = None
    if found is None and occurrences(condition) == {own}:
        found = _other(state, condition)
    return replace(found, sql=partial_sql(state, condition, own)) if found is not None else None


def partial_sql(state: State, condition: Expression, own: int) -> str:
    """Return a condition as the predicate of a partial index, empty when it cannot be one."""
    if occurrences(condition) != {own} or not immutable(state.schema, condition):
        return ""
    return sql(condition)


def _compare(state: State, operator: str, left: Expression, right: Expression, own: int) -> Predicate | None:
    """Return the predicate of a binary operator, turned so that the term is on the left."""
    in_left, in_right = own in occurrences(left), own in occurrences(right)
    if in_left == in_right:
        return None
    if in_right:
        if operator not in COMMUTED:
            return None
        left, right, operator = right, left, COMMUTED[operator]
    if isinstance(left, Items):
        return _row(state, operator, left, right, own)
    return _term_predicate(state, operator, left, right, own)


def _term_predicate(state: State, operator: str, left: Expression, right: Expression, own: int) -> Predicate | None:
    found = term(state, left) if occurrences(left) == {own} else None
    if found is None:
        return None
    own_side = _bare(left)
    kind = predicate_kind(operator, own_side.type, right)
    base, cast, implicit = _types(own_side)
    if operator in ("=", "<>") and base == "bool" and isinstance(right, Value) and right.value in ("true", "false"):
        opposite = FALSE if right.value == "true" else TRUE
        right = right if operator == "=" else replace(opposite, slot=right.slot)
        operator, kind = "=", "boolean"
    return Predicate(found, operator, kind, (operand(state, right),), base, cast, implicit)


def _bare(expression: Expression) -> Expression:
    """Return an expression without the casts and collations that an index key need not hold."""
    expression = relabelled(expression)
    return relabelled(expression.argument) if isinstance(expression, Collated) else expression


def _types(own_side: Expression) -> tuple[str | None, str | None, bool]:
    """Return a term's base type, the type it is cast to where a cast is outermost, and whether the server does that."""
    if isinstance(own_side, Cast):
        return own_side.type, own_side.to.removesuffix('"').removeprefix('"'), not own_side.explicit
    return own_side.type, None, False


def predicate_kind(operator: str, base: str | None, right: Expression) -> PredicateKind:
    """Return which kind of predicate an operator makes on a term of this type."""
    if base in SPATIAL_TYPES and operator not in ("=", "<>"):
        return "spatial"
    if operator in ("~~", "~~*"):
        return pattern_kind(operator, right)
    if operator == "@@" and base in ("jsonb", "json"):
        return "path"
    return KINDS.get(operator, "other")


def pattern_kind(operator: str, pattern: Expression) -> PredicateKind:
    """Return what a LIKE asks: the start of the value, a part of it, or what only the value will tell."""
    starts = {operator == "~~*" or text[:1] in ("%", "_") for text in _beginnings(pattern)}
    if len(starts) != 1:
        return "pattern"
    return "infix" if starts == {True} else "prefix"


def _beginnings(pattern: Expression) -> tuple[str, ...]:
    """Return the texts a pattern is known to begin with: those of a literal, a parameter's values, `'%' || $1`."""
    match pattern:
        case Cast() | Collated():
            return _beginnings(pattern.argument)
        case Value(value=str(text)):
            return (text,)
        case Placeholder(values=values):
            return tuple(text for text in values if text is not None)
        case Operation("||", (first, _)) | Call(("concat",), (first, *_)):
            if isinstance(first, Placeholder) and not first.values:
                return (str(first.number),)  # a value typed in by somebody, followed by the wildcard
            return _beginnings(first)
    return ()


def _row(state: State, operator: str, left: Items, right: Expression, own: int) -> Predicate | None:
    """Return the predicate that a row comparison makes on its first member."""
    terms = [term(state, part) if occurrences(part) == {own} else None for part in left.arguments]
    values = right.arguments if isinstance(right, Items) else (right,)
    if terms[0] is None or not values or operator not in ("<", "<=", ">", ">="):
        return None
    row = tuple(found for found in terms if found is not None) if all(terms) else ()
    types = _types(_bare(left.arguments[0]))
    return Predicate(terms[0], operator, "range", tuple(operand(state, value) for value in values), *types, row=row)


def _membership(state: State, condition: Membership, own: int) -> Predicate | None:
    left, right, operator = condition.left, condition.right, condition.operator
    if own in occurrences(right) or occurrences(left) != {own}:
        return None
    found = term(state, left)
    if found is None:
        return None
    types = _types(_bare(left))
    if isinstance(right, Items) and right.shape in ("list", "array"):
        operands = tuple(operand(state, value) for value in right.arguments)
        single = len(operands) == 1 and not right.more
    else:
        operands, single = (operand(state, right),), False
        operator = f"{operator} {'ALL' if condition.every else 'ANY'}"
    if condition.operator == "=" and not condition.every:
        kind: PredicateKind = "equality" if single else "list"
    elif condition.every:
        kind = "inequality" if condition.operator in ("<>", "!~~", "!~~*") else "other"
    else:
        kind = "pattern" if condition.operator in ("~~", "~~*") else KINDS.get(condition.operator, "other")
    return Predicate(found, operator, kind, operands, *types)


def _test(state: State, argument: Expression, test: str, own: int) -> Predicate | None:
    if test in ("IS TRUE", "IS FALSE"):
        return _boolean(state, argument, own, TRUE if test == "IS TRUE" else FALSE)
    found = term(state, argument) if occurrences(argument) == {own} else None
    if found is None:
        return None
    kind: PredicateKind = {"IS NULL": "null", "IS NOT NULL": "not-null"}.get(test, "other")  # type: ignore[assignment]
    return Predicate(found, test, kind, (), relabelled(argument).type)


def always_true(state: State, condition: Expression) -> bool:
    """Whether a condition asks a column that is never NULL not to be."""
    if not isinstance(condition, Test) or condition.test != "IS NOT NULL" or not isinstance(condition.argument, Field):
        return False
    column = state.column(condition.argument)
    return column is not None and column.not_null


def _boolean(state: State, argument: Expression, own: int, value: Value) -> Predicate | None:
    found = term(state, argument) if occurrences(argument) == {own} else None
    if found is None or (argument.type not in ("bool", None)):
        return None
    return Predicate(found, "=", "boolean", (operand(state, value),), "bool")


def _call(state: State, condition: Call, own: int) -> Predicate | None:
    """Return the predicate of a function that the planner can turn into an index condition."""
    name = condition.name[-1]
    if name == "starts_with" and len(condition.arguments) == 2:
        return _term_predicate(state, "^@", *condition.arguments, own)
    if name in SPATIAL_CALLS and len(condition.arguments) >= 2:
        first, second = condition.arguments[:2]
        mine, theirs = (first, second) if occurrences(first) == {own} else (second, first)
        found = term(state, mine) if occurrences(mine) == {own} and own not in occurrences(theirs) else None
        if found is not None:
            return Predicate(found, name, "spatial", (operand(state, theirs),), mine.type)
    return None


def _other(state: State, condition: Expression) -> Predicate | None:
    found = term(state, condition)
    return Predicate(found, "", "other", (), "bool") if found is not None else None


def _alternatives(state: State, condition: Logic, own: int, number: int) -> tuple[Predicate, ...]:
    """Return the alternatives of an OR, each of which must restrict the table by itself."""
    arms: list[list[Predicate]] = []
    given = tuple(arm for arm in condition.arguments if not _absent(arm))
    if len(given) == 1:
        parts = given[0].arguments if isinstance(given[0], Logic) and given[0].operator == "AND" else given
        return tuple(replace(one, sql="") for part in parts for one in predicates(state, part, own, number))
    for place, arm in enumerate(given):
        parts = arm.arguments if isinstance(arm, Logic) and arm.operator == "AND" else (arm,)
        found = [_arm_part(state, part, own) for part in parts]
        kept = [replace(one, disjunction=number, arm=place) for one in found if one is not None]
        if not kept:
            return ()
        arms.append(kept)
    merged = _as_list(arms)
    if merged is not None:
        return (replace(merged, sql=partial_sql(state, condition, own)),)
    return tuple(one for arm in arms for one in arm)


def _absent(arm: Expression) -> bool:
    """Whether an alternative asks if a value was given at all: `$1 IS NULL OR x = $1`.

    It vanishes once the value is known to the planner.
    """
    if not isinstance(arm, Test) or arm.test != "IS NULL" or occurrences(arm):
        return False
    inner = arm.argument
    while isinstance(inner, Cast):
        inner = inner.argument
    return isinstance(inner, Placeholder) or (isinstance(inner, Value) and inner.value is not None)


def _arm_part(state: State, part: Expression, own: int) -> Predicate | None:
    if own not in occurrences(part):
        return None
    found = _single(state, part, own)
    return None if found is not None and found.kind == "other" and not found.term.columns else found


def _as_list(arms: list[list[Predicate]]) -> Predicate | None:
    """Return `x = 1 OR x = 2` as the list it is."""
    first = arms[0][0]
    for arm in arms:
        if len(arm) != 1 or arm[0].term != first.term or arm[0].kind not in ("equality", "list"):
            return None
        if arm[0].operator != "=" or arm[0].cast != first.cast:
            return None
    operands = tuple(value for arm in arms for value in arm[0].operands)
    return replace(first, kind="list", operands=operands, disjunction=None, arm=None)
