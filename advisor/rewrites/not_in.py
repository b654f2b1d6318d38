"""NOT IN over a subquery as NOT EXISTS: one form that keeps the meaning of NULL, and one that leaves NULLs out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.catalog.schema import Schema
from advisor.rewrites.column_scope import Bindings
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.tree import (
    all_of,
    any_of,
    ast,
    column,
    conjuncts,
    duplicate,
    enums,
    expression,
    is_aggregate,
    is_star,
    parse,
    render,
    statement,
    transformed,
    walk,
)
from advisor.rewrites.volatile import volatile

_ANY, _ALL = enums.SubLinkType.ANY_SUBLINK, enums.SubLinkType.ALL_SUBLINK
_NULL, _NOT_NULL = enums.NullTestType.IS_NULL, enums.NullTestType.IS_NOT_NULL
_FILTERS = ("whereClause", "havingClause", "quals")


@dataclass(frozen=True, slots=True)
class NotIn:
    """The two ways to write it."""

    exact: Rewrite
    """The same rows, whatever is NULL."""
    choice: Rewrite | None
    """What was probably meant: the NULLs of the list left out. `None` where the list cannot hold one."""


def not_exists(text: str, schema: Schema) -> NotIn | Refusal:
    """Return the statement with NOT EXISTS for every NOT IN (SELECT …) that stands as a condition of its own."""
    exact = _Replacing(text, schema, without_nulls=False)
    if isinstance(exact.result, Refusal):
        return exact.result
    choice = None
    if exact.nullable:
        other = _Replacing(text, schema, without_nulls=True)
        if not isinstance(other.result, Refusal):
            choice = Rewrite("not-exists", "same", other.result, _meant(text))
    return NotIn(Rewrite("not-exists", "same", exact.result, text), choice)


class _Replacing:
    """One pass over a statement's conditions; `result` is its text, or why there is none."""

    def __init__(self, text: str, schema: Schema, *, without_nulls: bool) -> None:
        self.without_nulls = without_nulls
        self.nullable = False
        self.result: str | Refusal = self._of(text, schema)

    def _of(self, text: str, schema: Schema) -> str | Refusal:
        tree = parse(text)
        if tree is None:
            return Refusal("the statement cannot be parsed by itself")
        if found := volatile(tree):
            return Refusal(f"it calls {found}, which may give another value each time")
        self.bindings = Bindings(tree, schema)
        self.reasons: list[str] = []
        self.replaced = 0
        for node in reversed(list(walk(tree))):
            for name in _FILTERS:
                if getattr(node, name, None) is not None and not isinstance(node, ast.WindowDef):
                    setattr(node, name, self._condition(getattr(node, name)))
        if not self.replaced:
            return Refusal(self.reasons[0] if self.reasons else "its NOT IN is no condition of its own")
        return render(tree)

    def _condition(self, node: Any) -> Any:
        """Replace what stands under AND and OR alone, where false and unknown mean the same."""
        if isinstance(node, ast.BoolExpr) and node.boolop != enums.BoolExprType.NOT_EXPR:
            parts = [self._condition(part) for part in node.args]
            return all_of(*parts) if node.boolop == enums.BoolExprType.AND_EXPR else any_of(*parts)
        found = _negated(node)
        if found is None:
            return node
        refusal = self._refused(found)
        if refusal:
            self.reasons.append(refusal)
            return node
        self.replaced += 1
        return self._anti(found)

    def _refused(self, link: Any) -> str | None:
        values = _row(link.testexpr)
        inner = link.subselect
        if any(isinstance(part, ast.SubLink) for part in walk(link.testexpr)):
            return "a subquery stands to the left of its NOT IN"
        if any(is_aggregate(part) and not _columns(part) for part in walk(link.testexpr)):
            return "an aggregate over no column stands to the left of its NOT IN"
        if unbound := self.bindings.unbound(link.testexpr):
            return f"it cannot be told whose column {unbound[0]} is"
        if inner.lockingClause or inner.limitCount or inner.limitOffset:
            return "the subquery has a LIMIT, an OFFSET or locks rows"
        if len(values) > 1 and (self._left_nullable(link) or self._right_nullable(inner)):
            return "a row comparison with columns that may be NULL has no plain form"
        return None

    def _left_nullable(self, link: Any) -> bool:
        return any(not self._never_null(part) for part in _row(link.testexpr))

    def _never_null(self, node: Any) -> bool:
        if isinstance(node, ast.A_Const):
            return not node.isnull
        bound = self.bindings.owner(node) if isinstance(node, ast.ColumnRef) else None
        return bool(bound and bound[1].not_null(node.fields[-1].sval))

    def _right_nullable(self, inner: Any) -> bool:
        if inner.op != enums.SetOperation.SETOP_NONE or inner.valuesLists:
            return True
        asked = {_reference(test.arg) for test in conjuncts(inner.whereClause)
                 if isinstance(test, ast.NullTest) and test.nulltesttype == _NOT_NULL}  # fmt: skip
        listed = [target.val for target in inner.targetList]
        kept = not inner.groupClause or not any(isinstance(part, ast.GroupingSet) for part in inner.groupClause)
        return not kept or any(not self._never_null(part) and _reference(part) not in asked - {None} for part in listed)

    def _anti(self, link: Any) -> Any:
        outer = duplicate_bound(link.testexpr, self.bindings)
        inner, listed = self._plain(link.subselect, outer) or self._derived(link.subselect, len(_row(outer)))
        pairs = [expression("__a__ = __b__", a=mine, b=other) for mine, other in zip(listed, _row(outer), strict=True)]
        parts = [_exists(inner, all_of(*pairs), negated=True)]
        if self._right_nullable(link.subselect):
            self.nullable = True
            if not self.without_nulls:
                parts.append(_exists(inner, expression("__a__ IS NULL", a=listed[0]), negated=True))
        if self._left_nullable(link):
            none = _exists(inner, expression("__a__ IS NOT NULL", a=listed[0]) if self.without_nulls else None)
            parts.append(expression("__a__ IS NOT NULL OR NOT __none__", a=_row(outer)[0], none=none))
        return all_of(*parts)

    def _plain(self, inner: Any, outer: Any) -> tuple[Any, list[Any]] | None:
        """Return the subquery itself, to which a condition can be added, and its listed columns, all qualified."""
        blocking = ("groupClause", "havingClause", "distinctClause", "limitCount", "limitOffset", "withClause",
                    "windowClause", "valuesLists")  # fmt: skip
        simple = inner.op == enums.SetOperation.SETOP_NONE and not any(getattr(inner, name) for name in blocking)
        listed = [target.val for target in inner.targetList or ()]
        if not simple or not inner.fromClause or any(not isinstance(part, ast.ColumnRef) or is_star(part)
                                                      for part in listed):  # fmt: skip
            return None
        level = self.bindings.level(inner)
        owners = [self.bindings.owner(part) for part in listed]
        if any(bound is None or bound[0] is not level for bound in owners):
            return None
        taken = {part.fields[0].sval for part in walk(outer) if isinstance(part, ast.ColumnRef)}
        for relation in list(level.relations.values()):
            if relation.alias in taken:
                if relation.node is None or self.bindings.unbound(inner) or relation.columns is None:
                    return None
                self.bindings.qualify(inner)
                self.bindings.rename(inner, relation, self.bindings.fresh(f"other_{relation.alias}"))
        self.bindings.qualify(inner.targetList)
        inner.sortClause = None
        return inner, [target.val for target in inner.targetList]

    def _derived(self, inner: Any, width: int) -> tuple[Any, list[Any]]:
        """Return the subquery as a table of its own, for those to which no condition can be added."""
        alias = self.bindings.fresh("listed")
        names = ["value"] if width == 1 else [f"value_{number}" for number in range(1, width + 1)]
        whole = statement(f"SELECT 1 FROM (SELECT 1) AS {alias} ({', '.join(names)})")
        whole.fromClause[0].subquery = inner
        return whole, [column(alias, name) for name in names]


def _negated(node: Any) -> Any:
    """Return the subquery link of `x NOT IN (SELECT …)` or `x <> ALL (SELECT …)`."""
    if isinstance(node, ast.BoolExpr) and node.boolop == enums.BoolExprType.NOT_EXPR:
        inside = node.args[0]
        if isinstance(inside, ast.SubLink) and inside.subLinkType == _ANY:
            operator = [part.sval for part in inside.operName or ()]
            return inside if operator in ([], ["="]) else None
    if isinstance(node, ast.SubLink) and node.subLinkType == _ALL:
        return node if [part.sval for part in node.operName] in (["<>"], ["!="]) else None
    return None


def _row(node: Any) -> tuple[Any, ...]:
    return tuple(node.args) if isinstance(node, ast.RowExpr) else (node,)


def _columns(node: Any) -> list[Any]:
    return [part for part in walk(node) if isinstance(part, ast.ColumnRef)]


def _reference(node: Any) -> tuple[str, ...] | None:
    if isinstance(node, ast.ColumnRef) and not is_star(node):
        return tuple(part.sval for part in node.fields)
    return None


def _exists(inner: Any, condition: Any, *, negated: bool = False) -> Any:
    select = duplicate(inner)
    select.whereClause = all_of(select.whereClause, condition)
    select.targetList = statement("SELECT 1").targetList
    found = expression("EXISTS (SELECT 1)")
    found.subselect = select
    return expression("NOT __found__", found=found) if negated else found


def duplicate_bound(node: Any, bindings: Bindings) -> Any:
    """Return a copy of an expression in which every column carries its relation's alias."""
    bindings.qualify(node)
    return duplicate(node)


def _meant(text: str) -> str:
    """Return the statement whose lists hold no NULL: what the form without NULLs is compared with."""
    tree = parse(text)

    def change(node: Any) -> Any:
        link = _negated(node)
        if link is not None:
            width = len(_row(link.testexpr))
            names = ", ".join(f"value_{number}" for number in range(1, width + 1))
            whole = statement(f"SELECT {names} FROM (SELECT 1) AS without_nulls ({names}) WHERE value_1 IS NOT NULL")
            whole.fromClause[0].subquery = link.subselect
            link.subselect = whole
        return node

    return render(transformed(tree, change))
