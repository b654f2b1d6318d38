"""A read that is repeated for one key after the other, as one read for all keys."""

from __future__ import annotations

from typing import Any

from advisor.catalog.index import quote_identifier
from advisor.rewrites.cast_types import parameter_type
from advisor.rewrites.column_scope import Bindings
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated, Rows, compared, finished, rows_of
from advisor.rewrites.tree import (
    all_of,
    ast,
    column,
    conjuncts,
    duplicate,
    enums,
    expression,
    here,
    is_aggregate,
    is_star,
    parameters,
    parse,
    row_list,
    statement,
    walk,
)
from advisor.rewrites.volatile import volatile

_SHAPING = ("groupClause", "havingClause", "distinctClause", "limitCount", "limitOffset", "windowClause", "withClause",
            "valuesLists")  # fmt: skip


def read_at_once(repeated: Repeated) -> Rewrite | Refusal:
    """Return the read of all rounds: `= ANY` where each row tells its round, else LATERAL, else GROUP BY."""
    tree = parse(repeated.text)
    if not isinstance(tree, ast.SelectStmt):
        return Refusal("it is no plain SELECT")
    varying = sorted(repeated.varying & set(parameters(tree)))
    if refusal := _refused(tree, repeated, varying):
        return Refusal(refusal)
    bindings = Bindings(tree, repeated.schema)
    found = compared_keys(tree, varying)
    if found and repeated.unique and len(bindings.level(tree).relations) == 1:
        tree.limitCount = None
    if found and _plain(tree):
        return _any(repeated, tree, found, bindings)
    if found and _counts(tree):
        return _aggregate(repeated, tree, found, bindings)
    return _lateral(repeated, tree, varying, bindings)


def _refused(tree: Any, repeated: Repeated, varying: list[int]) -> str | None:
    if not varying:
        return "none of its values varies"
    if not repeated.known(varying):
        return "the server does not say what types its values have"
    if found := volatile(tree):
        return f"it calls {found}, which may give another value each time"
    if tree.intoClause:
        return "it has INTO"
    for node in walk(tree):
        if isinstance(node, ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt | ast.MergeStmt):
            return "a WITH query in it changes data"
    if "/*, ... */" in repeated.text:
        return "its list of values was folded when it was captured"
    return None


def compared_keys(tree: Any, varying: list[int]) -> list[tuple[Any, Any, int]]:
    """Return condition, column and n of each `column = $n` when these are all that the varying values do."""
    if tree.op != enums.SetOperation.SETOP_NONE:
        return []
    found = []
    for part in conjuncts(tree.whereClause):
        pair = compared(part)
        if pair and pair[1] in varying:
            found.append((part, *pair))
    uses = [node.number for node in walk(tree) if isinstance(node, ast.ParamRef) and node.number in varying]
    return found if sorted(uses) == sorted(number for _, _, number in found) == sorted(varying) else []


def _plain(tree: Any) -> bool:
    shaped = any(getattr(tree, name) for name in _SHAPING)
    return not shaped and not any(
        is_aggregate(node) or (isinstance(node, ast.FuncCall) and node.over) for node in here(tree.targetList)
    )


def _counts(tree: Any) -> bool:
    """Return whether its output is bare aggregates, whose value over no rows is known: 0 for count, NULL else."""
    if any(getattr(tree, name) for name in _SHAPING) or tree.sortClause or tree.lockingClause:
        return False
    known = {
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "bool_and",
        "bool_or",
        "array_agg",
        "string_agg",
        "jsonb_agg",
        "json_agg",
    }
    return all(is_aggregate(target.val) and target.val.funcname[-1].sval in known for target in tree.targetList)


def _without(tree: Any, found: list[tuple[Any, Any, int]]) -> Any:
    gone = [part for part, _, _ in found]
    return all_of(*(part for part in conjuncts(tree.whereClause) if not any(part is one for one in gone)))


def _match(repeated: Repeated, found: list[tuple[Any, Any, int]], rows: Rows) -> Any:
    """Return `column = ANY ($n)`, or `(a, b) IN (SELECT …)` for several columns."""
    if len(found) == 1 and not parameter_type(repeated.types[found[0][2] - 1]).endswith("[]"):
        _, mine, number = found[0]
        kind = parameter_type(repeated.types[number - 1])
        return expression(f"__c__ = ANY (${number}::{kind}[])", c=mine)
    listed = statement("SELECT 1")
    listed.targetList = tuple(ast.ResTarget(val=rows.column(number)) for _, _, number in found)
    listed.fromClause = (rows.item(),)
    link = expression("1 IN (SELECT 1)")
    link.testexpr = row_list([duplicate(mine) for _, mine, _ in found]) if len(found) > 1 else duplicate(found[0][1])
    link.subselect = listed
    return link


def _any(repeated: Repeated, tree: Any, found: list[tuple[Any, Any, int]], bindings: Bindings) -> Rewrite:
    numbers = [number for _, _, number in found]
    rows = rows_of(repeated, tree, numbers, bindings, "keys")
    rest = _without(tree, found)
    tree.whereClause = all_of(rest, _match(repeated, found, rows))
    added = _return_keys(tree, [mine for _, mine, _ in found], bindings)
    return finished(repeated, "any" if len(found) == 1 else "tuples", tree, sorted(numbers), last=added)


def _return_keys(tree: Any, keys: list[Any], bindings: Bindings) -> int:
    """Add the keys that the select list lacks, for the caller sorts the rows by them; return how many."""
    missing = [mine for mine in keys if not _listed(tree, mine, bindings)]
    tree.targetList = (*tree.targetList, *(ast.ResTarget(val=duplicate(mine)) for mine in missing))
    return len(missing)


def _listed(tree: Any, mine: Any, bindings: Bindings) -> bool:
    bound = bindings.owner(mine)
    for target in tree.targetList:
        node = target.val
        if is_star(node) and (len(node.fields) == 1 or (bound and node.fields[0].sval == bound[1].alias)):
            return True
        same = isinstance(node, ast.ColumnRef) and not is_star(node) and node.fields[-1].sval == mine.fields[-1].sval
        if same and bound is not None and bindings.owner(node) == bound:
            return True
    return False


def _aggregate(repeated: Repeated, tree: Any, found: list[tuple[Any, Any, int]], bindings: Bindings) -> Rewrite:
    """Return counts for every key, those of no rows too: grouped rows joined to the keys."""
    numbers = [number for _, _, number in found]
    rows = rows_of(repeated, tree, numbers, bindings, "keys")
    tree.whereClause = all_of(_without(tree, found), _match(repeated, found, rows))
    results = [bindings.fresh(target.name or target.val.funcname[-1].sval) for target in tree.targetList]
    counts = [target.val.funcname[-1].sval == "count" for target in tree.targetList]
    for target, name in zip(tree.targetList, results, strict=True):
        target.name = name
    own = [bindings.fresh(f"of_{rows.names[number]}") for number in numbers]
    keys = [ast.ResTarget(name=name, val=duplicate(mine)) for name, (_, mine, _) in zip(own, found, strict=True)]
    tree.targetList = (*keys, *tree.targetList)
    tree.groupClause = tuple(duplicate(mine) for _, mine, _ in found)
    inner = bindings.fresh("counted")
    whole = statement(f"SELECT 1 FROM x LEFT JOIN (SELECT 1) AS {inner} ON true")
    join = whole.fromClause[0]
    join.larg, join.rarg.subquery = rows.once(), tree
    join.quals = all_of(*(expression("__a__ = __b__", a=column(inner, name), b=rows.column(number))
                          for name, number in zip(own, numbers, strict=True)))  # fmt: skip
    listed = [ast.ResTarget(val=column(rows.alias, rows.names[number])) for number in rows.numbers]
    for name, count in zip(results, counts, strict=True):
        value = column(inner, name)
        listed.append(ast.ResTarget(name=name, val=expression("coalesce(__v__, 0)", v=value)) if count
                      else ast.ResTarget(val=value))  # fmt: skip
    whole.targetList = tuple(listed)
    return finished(repeated, "aggregate", whole, rows.numbers, first=len(numbers))


def _lateral(repeated: Repeated, tree: Any, varying: list[int], bindings: Bindings) -> Rewrite | Refusal:
    rows = rows_of(repeated, tree, varying, bindings, "keys")
    order = _outer_order(tree, bindings)
    if isinstance(order, Refusal):
        return order
    rows.put_into(tree)
    found = bindings.fresh("found")
    whole = statement(f"SELECT {rows.alias}.*, {found}.* FROM x CROSS JOIN LATERAL (SELECT 1) AS {found}")
    join = whole.fromClause[0]
    join.larg, join.rarg.subquery = rows.once(), tree
    if order is not None:
        place = bindings.fresh("place")
        tree.targetList = (*tree.targetList, ast.ResTarget(name=place, val=order))
        keys = ", ".join(f"{rows.alias}.{quote_identifier(rows.names[number])}" for number in rows.numbers)
        whole.sortClause = statement(f"SELECT 1 ORDER BY {keys}, {found}.{place}").sortClause
        return finished(repeated, "lateral", whole, rows.numbers, first=len(varying), last=1)
    return finished(repeated, "lateral", whole, rows.numbers, first=len(varying))


def _outer_order(tree: Any, bindings: Bindings) -> Any | Refusal | None:
    """Return `row_number() OVER (ORDER BY …)`, by which the whole keeps each round's order; `None` without an order."""
    if not tree.sortClause:
        return None
    if tree.op != enums.SetOperation.SETOP_NONE or tree.distinctClause:
        return Refusal("it is ordered after DISTINCT or a set operation, and one read for all would lose that order")
    if any(isinstance(node, ast.FuncCall) and node.over for node in here(tree.sortClause)):
        return Refusal("it is ordered by a window function")
    number = expression("row_number() OVER (ORDER BY 1)")
    number.over.orderClause = tuple(_named(duplicate(sort), tree) for sort in tree.sortClause)
    if any(sort.node is None for sort in number.over.orderClause):
        return Refusal("it is ordered by a column it counts")
    return number


def _named(sort: Any, tree: Any) -> Any:
    """Return an ORDER BY key that stands by itself: not by the number or the alias of an output column."""
    node = sort.node
    if isinstance(node, ast.A_Const) and isinstance(node.val, ast.Integer):
        place = node.val.ival - 1
        stars = any(is_star(target.val) for target in tree.targetList)
        sort.node = None if stars else duplicate(tree.targetList[place].val)
    elif isinstance(node, ast.ColumnRef) and len(node.fields) == 1 and not is_star(node):
        named = [target.val for target in tree.targetList if target.name == node.fields[0].sval]
        sort.node = duplicate(named[0]) if named else node
    return sort
