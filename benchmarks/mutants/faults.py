"""The faults: every change of one place of a module's tree that its tests should notice.

Left alone, since nothing can notice them: annotations, docstrings and other texts, decorators' arguments, `__all__`, blocks
for type checkers, and `zip(…, strict=…)`, which is an assertion.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

TURNED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
SWAPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitOr: ast.BitAnd,
           ast.BitAnd: ast.BitOr}  # fmt: skip
OTHER_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
SHOWN = 90
"""Characters of a changed place that are shown."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One change."""

    number: int
    """Its place among the faults of its module."""
    line: int
    change: str
    """What was changed, with the place before and after."""
    lines: range | None
    """The lines whose execution runs into it; `None` for those executed when the module is imported."""


@dataclass(frozen=True, slots=True)
class _Place:
    node: ast.expr | ast.stmt
    what: str
    change: Callable[[], None]


def number_of_faults(source: str) -> int:
    """Return how many faults a module has: they are numbered from 0."""
    return sum(1 for _ in _places(ast.parse(source)))


def faults(source: str, numbers: Container[int] | None = None) -> list[Fault]:
    """Return the faults of a module in the order of its lines; only those with these numbers where they are given."""
    found = []
    for number in range(number_of_faults(source)):
        if numbers is None or number in numbers:
            found.append(_fault(source, number))
    return sorted(found, key=lambda fault: (fault.line, fault.number))


def _fault(source: str, number: int) -> Fault:
    tree = ast.parse(source)
    lines = _executed(tree)
    place = list(_places(tree))[number]
    before = _shown(place.node)
    place.change()
    after = _shown(place.node)
    change = f"{place.what}: {before} → {after}" if after != before else f"{place.what}: {before}"
    return Fault(number, place.node.lineno, change, lines[id(place.node)])


def faulty(source: str, fault: Fault) -> ast.Module:
    """Return the module's tree with the fault in it."""
    tree = ast.parse(source)
    list(_places(tree))[fault.number].change()
    return ast.fix_missing_locations(tree)


def _shown(node: ast.expr | ast.stmt) -> str:
    try:
        text = ast.unparse(ast.fix_missing_locations(node))
    except (ValueError, AttributeError):
        text = ""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def _executed(tree: ast.Module) -> dict[int, range | None]:
    """Return, per node, the lines of the statement that executes it inside a function."""
    found: dict[int, range | None] = {}

    def visit(node: ast.AST, lines: range | None, inside: bool) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines, inside = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1), True
        elif isinstance(node, ast.stmt) and inside:
            body = getattr(node, "body", None)
            end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
            lines = range(node.lineno, max(end, node.lineno + 1))
        found[id(node)] = lines
        for child in ast.iter_child_nodes(node):
            visit(child, lines, inside)

    visit(tree, None, False)
    return found


def _places(tree: ast.Module) -> Iterator[_Place]:
    alone = _left_alone(tree)
    for node in ast.walk(tree):
        if id(node) not in alone:
            for one in (_conditions, _values, _statements):
                yield from one(node)


def _left_alone(tree: ast.Module) -> set[int]:
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        roots += [part for name in ("annotation", "returns") if (part := getattr(node, name, None)) is not None]
        roots += getattr(node, "decorator_list", [])
        if isinstance(node, ast.If | ast.Assign) and _unnoticed(node):
            roots.append(node)
        elif isinstance(node, ast.ClassDef) or (isinstance(node, ast.Call) and ast.unparse(node.func) == "zip"):
            roots += node.keywords  # of a class: how a structure is declared (`frozen=True`), not what it does
        elif isinstance(node, ast.FormattedValue) and node.format_spec:
            roots.append(node.format_spec)
    return {id(part) for root in roots for part in ast.walk(root)}


def _unnoticed(node: ast.If | ast.Assign) -> bool:
    if isinstance(node, ast.If):
        return ast.unparse(node.test).endswith("TYPE_CHECKING")
    return ast.unparse(node.targets[0]) == "__all__"


def _conditions(node: ast.AST) -> Iterator[_Place]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if turned := TURNED.get(type(operator)):
                yield _Place(node, "comparison turned", lambda n=node, p=place, t=turned: n.ops.__setitem__(p, t()))
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield _Place(node, "and/or exchanged", lambda: setattr(node, "op", other))
        for place in range(len(node.values)):
            yield _Place(node, "operand left out", lambda n=node, p=place: _without(n, p))
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        negated = ast.UnaryOp(ast.Not(), node.test)
        yield _Place(node.test, "condition negated", lambda: setattr(node, "test", negated))
    elif isinstance(node, ast.comprehension):
        for place, test in enumerate(node.ifs):
            yield _Place(test, "filter left out", lambda n=node, p=place: n.ifs.__setitem__(p, ast.Constant(True)))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _Place(node, "not dropped", lambda: _doubled(node))


def _without(node: ast.BoolOp, place: int) -> None:
    del node.values[place]
    if len(node.values) == 1:
        node.values.append(node.values[0])


def _doubled(node: ast.UnaryOp) -> None:
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _values(node: ast.AST) -> Iterator[_Place]:
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in SWAPPED:
        yield _Place(node, "operator changed", lambda: setattr(node, "op", SWAPPED[type(node.op)]()))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _Place(node, "truth exchanged", lambda: setattr(node, "value", not node.value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield _Place(node, "number changed", lambda: setattr(node, "value", node.value + 1))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OTHER_NAMES:
        yield _Place(node, "function exchanged", lambda: setattr(node.func, "id", OTHER_NAMES[node.func.id]))


def _statements(node: ast.AST) -> Iterator[_Place]:
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield _Place(node, "returns None", lambda: setattr(node, "value", ast.Constant(None)))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        yield _Place(node, "call left out", lambda: setattr(node, "value", ast.Constant(None)))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "setdefault":
            yield _Place(node, "last instead of first", lambda: _overwriting(call))
    elif isinstance(node, ast.For):
        yield _Place(node.iter, "loop left out", lambda: setattr(node, "iter", ast.Tuple([], ast.Load())))


def _overwriting(call: ast.Call) -> None:
    assert isinstance(call.func, ast.Attribute)
    call.func.attr = "__setitem__"
