"""Conditions: splitting them at AND, pushing NOT down, and turning EXISTS and IN (SELECT …) into joins."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.analysis.binding.bind import bind
from advisor.analysis.binding.scope import Scope
from advisor.analysis.binding.state import Domain, State
from advisor.analysis.expression import Expression, Field, Logic, Membership, Operation, Test, Value
from advisor.analysis.parse import Node

NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "~~": "!~~", "!~~": "~~",
           "~~*": "!~~*", "!~~*": "~~*", "~": "!~", "!~": "~", "~*": "!~*", "!~*": "~*"}  # fmt: skip
"""The operator that gives the opposite answer."""
OPPOSITE_TEST = {"IS NULL": "IS NOT NULL", "IS NOT NULL": "IS NULL", "IS TRUE": "IS NOT TRUE", "IS NOT TRUE": "IS TRUE",
                 "IS FALSE": "IS NOT FALSE", "IS NOT FALSE": "IS FALSE", "IS UNKNOWN": "IS NOT UNKNOWN",
                 "IS NOT UNKNOWN": "IS UNKNOWN"}  # fmt: skip
JOINERS: list[Callable[[State, Scope, Node, bool], bool]] = []
"""Turns a SubLink node (negated or not) into a join; `False` when that cannot be."""


def add_conditions(state: State, scope: Scope, node: Node | None) -> None:
    """Bind a condition and add its parts to the scope's domain."""
    if not node:
        return
    logic = node.get("BoolExpr", {})
    if logic.get("boolop") == "AND_EXPR":
        for part in logic.get("args", ()):
            add_conditions(state, scope, part)
        return
    negated = logic.get("boolop") == "NOT_EXPR"
    inner = logic["args"][0] if negated else node
    if "SubLink" in inner and any(join(state, scope, inner["SubLink"], negated) for join in JOINERS):
        return
    add_condition(state, scope.domain, bind(state, scope, node))


def add_condition(state: State, domain: Domain, condition: Expression) -> None:
    """Add a bound condition to a domain, part by part."""
    domain.conditions.extend(conjuncts(condition))


def conjuncts(condition: Expression) -> Iterator[Expression]:
    """Yield the conditions that a condition ANDs; NOT stands only where nothing can absorb it."""
    match condition:
        case Logic("AND", arguments):
            for argument in arguments:
                yield from conjuncts(argument)
        case Logic("NOT", (argument,)):
            opposite = negate(argument)
            if isinstance(opposite, Logic) and opposite.operator == "NOT":
                yield opposite
            else:
                yield from conjuncts(opposite)
        case Logic("OR", arguments):
            yield from _factored([list(conjuncts(arm)) for arm in disjuncts(arguments)])
        case Value(value="true", type="bool") if condition.slot is None:
            return
        case Operation("=", (Field() as left, right)) if left == right:
            yield Test(left, "IS NOT NULL")
        case _:
            yield condition


def _factored(arms: list[list[Expression]]) -> Iterator[Expression]:
    """Yield what all alternatives of an OR share, then the OR of what is left of them, as the planner does."""
    shared = [part for part in arms[0] if all(part in arm for arm in arms[1:])]
    yield from shared
    rests = [[part for part in arm if part not in shared] for arm in arms]
    if all(rests):
        yield Logic("OR", tuple(rest[0] if len(rest) == 1 else Logic("AND", tuple(rest)) for rest in rests))


def disjuncts(arguments: tuple[Expression, ...]) -> Iterator[Expression]:
    """Yield the alternatives of an OR, nested ones flattened, NOT pushed down."""
    for argument in arguments:
        flat = negate(argument.arguments[0]) if isinstance(argument, Logic) and argument.operator == "NOT" else argument
        if isinstance(flat, Logic) and flat.operator == "OR":
            yield from disjuncts(flat.arguments)
        else:
            yield flat


def negate(condition: Expression) -> Expression:
    """Return the opposite of a condition."""
    match condition:
        case Logic("NOT", (argument,)):
            return argument
        case Logic("AND", arguments):
            return Logic("OR", tuple(negate(argument) for argument in arguments))
        case Logic("OR", arguments):
            return Logic("AND", tuple(negate(argument) for argument in arguments))
        case Operation(operator, arguments) if operator in NEGATED and len(arguments) == 2:
            return Operation(NEGATED[operator], arguments, "bool")
        case Membership(operator, left, right, every) if operator in NEGATED:
            return Membership(NEGATED[operator], left, right, not every)
        case Test(argument, test) if test in OPPOSITE_TEST:
            return Test(argument, OPPOSITE_TEST[test])
        case _:
            return Logic("NOT", (condition,))
