"""A write that is repeated for one row after the other, as one write for all rows.

Rounds of a loop see what earlier rounds wrote; one statement does not. So the last round of a key wins where nothing
else can have happened, a key given twice is refused by the server where it would matter, and what is neither is refused
here, by name.
"""

from __future__ import annotations

from typing import Any

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
    is_star,
    parameters,
    parse,
    row_list,
    statement,
    walk,
)
from advisor.rewrites.unique_guards import guarding_index
from advisor.rewrites.volatile import volatile

_MERGE_SINCE = 150000
_MERGE_RETURNING_SINCE = 170000
_ONCE = "give each key once: the server refuses a key that is given twice"


def write_at_once(repeated: Repeated) -> Rewrite | Refusal:
    """Return the INSERT, UPDATE or DELETE of all rounds."""
    tree = parse(repeated.text)
    if tree is None:
        return Refusal("the statement cannot be parsed by itself")
    if refusal := _refused(tree, repeated):
        return Refusal(refusal)
    bindings = Bindings(tree, repeated.schema)
    if isinstance(tree, ast.InsertStmt):
        return _insert(repeated, tree, bindings)
    table = repeated.schema.table(tree.relation.relname, tree.relation.schemaname)
    if table is None or table.kind == "view":
        return Refusal("it writes to a view, or to a table that the schema does not hold")
    if isinstance(tree, ast.UpdateStmt):
        return _update(repeated, tree, bindings)
    return _delete(repeated, tree, bindings)


def _refused(tree: Any, repeated: Repeated) -> str | None:
    if not isinstance(tree, ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt):
        return "it is no plain INSERT, UPDATE or DELETE"
    if tree.withClause:
        return "it has a WITH query"
    if found := volatile(tree):
        return f"it calls {found}, which may give another value each time"
    if not parameters(tree):
        return "none of its values varies"
    if not repeated.known(parameters(tree)):
        return "the server does not say what types its values have"
    if "/*, ... */" in repeated.text:
        return "its list of values was folded when it was captured"
    for node in walk(tree):
        if isinstance(node, ast.CurrentOfExpr):
            return "it goes through a cursor"
        if isinstance(node, ast.SubLink):
            return "a subquery in it may read what an earlier round wrote"
    return None


def _insert(repeated: Repeated, tree: Any, bindings: Bindings) -> Rewrite | Refusal:
    values = tree.selectStmt
    if values is None or not values.valuesLists or len(values.valuesLists) != 1:
        return Refusal("it does not insert one row of VALUES")
    conflict = tree.onConflictClause
    elsewhere = set(parameters(conflict)) if conflict else set()
    if elsewhere & repeated.varying:
        return Refusal("a value that varies stands in its DO UPDATE, where no array can reach")
    numbers = [number for number in parameters(values) if number not in elsewhere]
    if not numbers:
        return Refusal("none of its values varies")
    rows = rows_of(repeated, tree, numbers, bindings, "rows")
    listed = list(values.valuesLists[0])
    refusal = _drop_defaults(tree, listed)
    if refusal:
        return refusal
    keys = _upserted(tree, listed, repeated)
    if isinstance(keys, Refusal):
        return keys
    named = _unique_parameters(tree, listed, repeated)
    select = statement("SELECT 1")
    select.targetList = tuple(ast.ResTarget(val=rows.put_into(value)) for value in listed)
    select.fromClause = (rows.last(keys) if keys else rows.item(),)
    tree.selectStmt = select
    refuses = bool(conflict) and conflict.action == enums.OnConflictAction.ONCONFLICT_UPDATE and not keys
    return finished(repeated, "insert", tree, rows.numbers, once=refuses, explanation=_ONCE if refuses else "",
                    keys=named)  # fmt: skip


def _unique_parameters(tree: Any, listed: list[Any], repeated: Repeated) -> list[int]:
    """Return the parameters that go into columns that name a row: those of ON CONFLICT, else all unique ones."""
    table = repeated.schema.table(tree.relation.relname, tree.relation.schemaname)
    if table is None:
        return []
    names = [target.name for target in tree.cols] if tree.cols else [column.name for column in table.columns]
    unique = {name for one in table.constraints if one.kind in ("primary", "unique") for name in one.columns}
    unique |= {key.column for index in table.indexes if index.definition.unique for key in index.definition.keys
               if key.column}  # fmt: skip
    conflict = tree.onConflictClause
    if conflict and conflict.infer and conflict.infer.indexElems:
        unique = {element.name for element in conflict.infer.indexElems}
    return [value.number for name, value in zip(names, listed, strict=False)
            if name in unique and isinstance(value, ast.ParamRef)]  # fmt: skip


def _drop_defaults(tree: Any, listed: list[Any]) -> Refusal | None:
    """Leave out the columns that take DEFAULT, which no SELECT can say, in place."""
    places = [place for place, value in enumerate(listed) if isinstance(value, ast.SetToDefault)]
    if places and not tree.cols:
        return Refusal("it says DEFAULT without naming its columns")
    if places:
        tree.cols = tuple(target for place, target in enumerate(tree.cols) if place not in places)
        listed[:] = [value for place, value in enumerate(listed) if place not in places]
    return None


def _upserted(tree: Any, listed: list[Any], repeated: Repeated) -> list[int] | Refusal:
    """Return the parameters of an upsert's key when the last round of a key is all that remains of them."""
    conflict = tree.onConflictClause
    if conflict is None or conflict.action != enums.OnConflictAction.ONCONFLICT_UPDATE or tree.returningClause:
        return []
    table = repeated.schema.table(tree.relation.relname, tree.relation.schemaname)
    inferred = conflict.infer.indexElems if conflict.infer else None
    if not table or not inferred or conflict.whereClause or conflict.infer.whereClause or not tree.cols:
        return []
    keys = [element.name for element in inferred]
    written = {target.name: value for target, value in zip(tree.cols, listed, strict=False)}
    taken = {target.name for target in conflict.targetList if _excluded(target)}
    never = {found.name for found in table.columns if found.not_null}
    plain = all(name and name in never and isinstance(written.get(name), ast.ParamRef) for name in keys)
    if not plain or len(taken) < len(conflict.targetList) or set(written) - set(keys) != taken:
        return []
    return [written[name].number for name in keys]


def _excluded(target: Any) -> bool:
    node = target.val
    names = [part.sval for part in node.fields] if isinstance(node, ast.ColumnRef) and not is_star(node) else []
    return names == ["excluded", target.name] and not target.indirection


def _update(repeated: Repeated, tree: Any, bindings: Bindings) -> Rewrite | Refusal:
    target = bindings.level(tree).relations[_alias(tree)]
    written = {item.name for item in tree.targetList}
    keys = _target_keys(tree, target, bindings, repeated)
    if not keys:
        return Refusal("no column of its table is compared with a value of its own")
    if any(isinstance(item.val, ast.SetToDefault | ast.MultiAssignRef) or item.indirection for item in tree.targetList):
        return Refusal("it sets a column to DEFAULT, or several columns at once, or a part of one")
    if written & {mine.fields[-1].sval for _, mine, _ in keys}:
        return Refusal("it changes the column by which it finds its rows")
    if unbound := bindings.unbound((tree.targetList, tree.whereClause)):
        return Refusal(f"it cannot be told whose column {unbound[0]} is")
    if unique := guarding_index(tree, written, repeated):
        return Refusal(f"{unique} is unique over a column that it changes: one statement may meet rows in another "
                       "order than the rounds")  # fmt: skip
    rest = [part for part in conjuncts(tree.whereClause) if not any(part is one for one, _, _ in keys)]
    varying = repeated.varying - {number for _, _, number in keys}
    if _reads(rest, written, target, bindings) or varying & set(parameters(tuple(rest))):
        return Refusal("whether a round finds its row may hang on what an earlier round wrote: send the rounds as they "
                       "are, in one transaction and one batch")  # fmt: skip
    depends = _reads([item.val for item in tree.targetList], written, target, bindings)
    if tree.fromClause and any(_every(item.val) for item in _returned(tree)):
        return Refusal("it returns rows of other tables beside those it changes")
    scalars = set(parameters(tuple(rest)))
    arrays = [number for number in parameters(tree) if number not in scalars]
    rows = rows_of(repeated, tree, arrays, bindings, "rows")
    bindings.qualify((tree.targetList, tree.whereClause))
    match = [expression("__a__ = __b__", a=mine, b=rows.column(number)) for _, mine, number in keys]
    for item in tree.targetList:
        item.val = rows.put_into(item.val)
    names = [number for _, _, number in keys]
    if depends:
        return _merge(repeated, tree, rows, match, rest, names)
    tree.whereClause = all_of(*match, *rest)
    tree.fromClause = (*(tree.fromClause or ()), rows.last(names))
    if refusal := _return_own(tree, bindings):
        return refusal
    return finished(repeated, "update", tree, rows.numbers, keys=names)


def _alias(tree: Any) -> str:
    return str(tree.relation.alias.aliasname if tree.relation.alias else tree.relation.relname)


def _target_keys(tree: Any, target: Any, bindings: Bindings, repeated: Repeated) -> list[tuple[Any, Any, int]]:
    """Return condition, column and n of each `column = $n` over the target that varies, and is used once."""
    found = []
    for part in conjuncts(tree.whereClause):
        pair = compared(part)
        bound = bindings.owner(pair[0]) if pair else None
        if pair and bound and bound[1] is target and pair[1] in repeated.varying:
            found.append((part, *pair))
    return found


def _reads(nodes: Any, names: set[str], target: Any, bindings: Bindings) -> bool:
    """Return whether expressions read these columns of the target, or its row as a whole."""
    for node in walk(tuple(nodes)):
        if isinstance(node, ast.ColumnRef):
            bound = bindings.owner(node)
            if bound is None or (bound[1] is target and (is_star(node) or node.fields[-1].sval in names)):
                return True
    return False


def _return_own(tree: Any, bindings: Bindings) -> Refusal | None:
    """Make RETURNING return the target's columns only, in place."""
    clause = tree.returningClause
    for item in _returned(tree):
        if _every(item.val):
            item.val.fields = (*column(_alias(tree), "x").fields[:1], ast.A_Star())
    if clause and (unbound := bindings.unbound(clause)):
        return Refusal(f"it cannot be told whose column {unbound[0]} is")
    bindings.qualify(clause)
    return None


def _returned(tree: Any) -> tuple[Any, ...]:
    return tree.returningClause.exprs if tree.returningClause else ()


def _every(node: Any) -> bool:
    """Return whether a node is `*` alone."""
    return is_star(node) and len(node.fields) == 1


def _merge(
    repeated: Repeated, tree: Any, rows: Rows, match: list[Any], rest: list[Any], names: list[int]
) -> Rewrite | Refusal:
    """Return a MERGE: it fails when a row would be changed twice, where a later round reads what an earlier wrote."""
    version = repeated.schema.server_version
    if tree.fromClause or version < _MERGE_SINCE or (tree.returningClause and version < _MERGE_RETURNING_SINCE):
        return Refusal("a later round reads what an earlier one wrote, and this server has no statement that refuses a "
                       "key given twice")  # fmt: skip
    if tree.returningClause:
        return Refusal("a later round reads what an earlier one wrote and returned")
    whole = statement("MERGE INTO t USING x ON true WHEN MATCHED THEN UPDATE SET a = 1")
    whole.relation, whole.sourceRelation = tree.relation, rows.item()
    whole.joinCondition = all_of(*match, *rest)
    whole.mergeWhenClauses[0].targetList = tree.targetList
    return finished(repeated, "merge", whole, rows.numbers, once=True, explanation=_ONCE, keys=names)


def _delete(repeated: Repeated, tree: Any, bindings: Bindings) -> Rewrite | Refusal:
    target = bindings.level(tree).relations[_alias(tree)]
    keys = _target_keys(tree, target, bindings, repeated)
    varying = repeated.varying & set(parameters(tree))
    used = [node.number for node in walk(tree) if isinstance(node, ast.ParamRef) and node.number in varying]
    if not varying:
        return Refusal("none of its values varies")
    if sorted(used) == sorted(number for _, _, number in keys) and not tree.usingClause:
        return _delete_any(repeated, tree, keys, bindings)
    if unbound := bindings.unbound(tree.whereClause):
        return Refusal(f"it cannot be told whose column {unbound[0]} is")
    if tree.usingClause and tree.returningClause:
        return Refusal("it returns rows of other tables beside those it deletes")
    rows = rows_of(repeated, tree, sorted(varying), bindings, "keys")
    bindings.qualify(tree.whereClause)
    if refusal := _return_own(tree, bindings):
        return refusal
    tree.whereClause = rows.put_into(tree.whereClause)
    tree.usingClause = (*(tree.usingClause or ()), rows.item())
    return finished(repeated, "delete", tree, rows.numbers, keys=rows.numbers)


def _delete_any(repeated: Repeated, tree: Any, keys: list[tuple[Any, Any, int]], bindings: Bindings) -> Rewrite:
    rest = [part for part in conjuncts(tree.whereClause) if not any(part is one for one, _, _ in keys)]
    numbers = sorted(number for _, _, number in keys)
    rows = rows_of(repeated, tree, numbers, bindings, "keys")
    kinds = [parameter_type(repeated.types[number - 1]) for number in numbers]
    if len(keys) == 1 and not kinds[0].endswith("[]"):
        match = expression(f"__c__ = ANY (${numbers[0]}::{kinds[0]}[])", c=keys[0][1])
    else:
        match = expression("1 IN (SELECT 1)")
        match.testexpr = row_list([duplicate(mine) for _, mine, _ in keys]) if len(keys) > 1 else duplicate(keys[0][1])
        match.subselect = statement("SELECT 1")
        match.subselect.targetList = tuple(ast.ResTarget(val=rows.column(number)) for _, _, number in keys)
        match.subselect.fromClause = (rows.item(),)
    tree.whereClause = all_of(match, *rest)
    return finished(repeated, "delete", tree, numbers, keys=numbers)
