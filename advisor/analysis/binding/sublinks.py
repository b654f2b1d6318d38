"""Subqueries in expressions: EXISTS and IN become semi- and anti-joins where the planner does that; others stay."""

from __future__ import annotations

from advisor.analysis.binding.bind import bind, binder
from advisor.analysis.binding.conditions import JOINERS, add_condition
from advisor.analysis.binding.queries import flatten, flattens, select
from advisor.analysis.binding.scope import Scope
from advisor.analysis.binding.state import Domain, State, underlying
from advisor.analysis.binding.subqueries import subquery
from advisor.analysis.binding.typed_expressions import operation
from advisor.analysis.expression import Expression, Field, Items, Logic, Subselect, Value
from advisor.analysis.parse import Node, names


def _nullable(state: State, expression: Expression) -> bool:
    """Whether an output column of a subquery may be NULL."""
    found = underlying(state, expression) if isinstance(expression, Field) else None
    if found is None:
        return not isinstance(expression, Value) or expression.value is None
    relation = state.relations[found.occurrence]
    column = state.column(found)
    return column is None or not column.not_null or relation.domain.kind in ("left", "full")


LATERAL_IN = 170000
"""The first server version that joins an IN subquery which mentions outer columns."""


@binder("SubLink")
def _sublink(state: State, scope: Scope, fields: Node) -> Expression:
    """Bind a subquery that is planned on its own."""
    form = fields.get("subLinkType", "EXISTS_SUBLINK")
    test = bind(state, scope, fields["testexpr"]) if "testexpr" in fields else None
    inside = scope.child(Domain("correlated", scope.domain), scope.depth + 1)
    level = select(state, inside, fields["subselect"]["SelectStmt"])
    state.features.add("subquery")
    if form == "EXISTS_SUBLINK":
        level.needed = False
    outer = tuple(dict.fromkeys(inside.outer))
    if outer:
        state.features.add("correlated-subquery")
    kinds = {"EXPR_SUBLINK": level.targets[0].expression.type if level.targets else None, "ARRAY_SUBLINK": None}
    return Subselect(level.number, (*((test,) if test else ()), *outer), kinds.get(form, "bool"))


def _join(state: State, scope: Scope, fields: Node, negated: bool) -> bool:
    """Turn a subquery that is a condition into a join; `False` when it must stay a subquery."""
    form = fields.get("subLinkType", "EXISTS_SUBLINK")
    node = fields["subselect"]["SelectStmt"]
    if form == "EXISTS_SUBLINK":
        return _exists(state, scope, node, negated)
    if form != "ANY_SUBLINK":
        return False
    if not _reads_columns(fields["testexpr"]):
        return False
    if negated:
        _not_in(state, scope, fields)
        return True
    return _any(state, scope, fields, node)


def _reads_columns(test: Node) -> bool:
    """Whether the left side of IN reads a column; the planner joins nothing to a constant."""
    parts = test["RowExpr"].get("args", []) if "RowExpr" in test else [test]
    return any("A_Const" not in part and "ParamRef" not in part for part in parts)


def _not_in(state: State, scope: Scope, fields: Node) -> None:
    """Bind NOT IN, which no server turns into a join: a NULL inside would make it never true."""
    state.features.add("not-in-subquery")
    found = _sublink(state, scope, fields)
    add_condition(state, scope.domain, Logic("NOT", (found,)))
    level = state.levels[found.level] if isinstance(found, Subselect) else None
    if level and any(_nullable(state, target.expression) for target in level.targets):
        state.features.add("not-in-nullable")


def _exists(state: State, scope: Scope, node: Node, negated: bool) -> bool:
    bare = {key: value for key, value in node.items() if key not in ("limitCount", "sortClause", "distinctClause")}
    limited = "ival" not in node.get("limitCount", {"A_Const": {"ival": 1}}).get("A_Const", {})
    if limited or not flattens(bare):
        return False
    domain = scope.domain.within("anti" if negated else "semi")
    state.features.add("anti-join" if negated else "semi-join")
    flatten(state, scope.child(domain, scope.depth + 1), {**bare, "targetList": []})
    return True


def _any(state: State, scope: Scope, fields: Node, node: Node) -> bool:
    test = bind(state, scope, fields["testexpr"])
    operator = (names(fields.get("operName")) or ("=",))[-1]
    domain = scope.domain.within("semi")
    around = scope.child(domain, scope.depth)
    source = subquery(state, around, node, domain, ("", ()), scope.depth + 1)
    given = tuple(source.columns.values())
    if around.outer and state.schema.server_version < LATERAL_IN:
        domain.kind = "correlated"
    state.features.add("semi-join")
    tests = test.arguments if isinstance(test, Items) else (test,)
    if domain.kind == "semi":
        for left, right in zip(tests, given, strict=False):
            add_condition(state, domain, operation(operator, left, right))
    else:
        state.level(scope.depth + 1, domain).extra += list(given)
        if scope.level is not None:
            scope.level.extra += list(tests)
    return True


JOINERS.append(_join)
