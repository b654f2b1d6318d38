"""A loop that walks a tree, each round going on from what an earlier one found, as one WITH RECURSIVE."""

from __future__ import annotations

from typing import Any

from advisor.catalog.schema import Table
from advisor.rewrites.column_scope import Bindings
from advisor.rewrites.keyset import total_keys
from advisor.rewrites.repeated_reads import compared_keys
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated
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
    render,
    statement,
    walk,
)
from advisor.rewrites.volatile import volatile

_SHAPING = ("groupClause", "havingClause", "distinctClause", "limitCount", "limitOffset", "windowClause", "withClause",
            "valuesLists", "lockingClause", "sortClause", "intoClause")  # fmt: skip


def whole_tree(repeated: Repeated) -> Rewrite | Refusal | None:
    """Return all that the walk finds from one row on; `None` where the table does not point at itself by this key."""
    tree = parse(repeated.text)
    if not isinstance(tree, ast.SelectStmt) or not tree.fromClause or len(tree.fromClause) != 1:
        return None
    source = tree.fromClause[0]
    table = repeated.schema.table(source.relname, source.schemaname) if isinstance(source, ast.RangeVar) else None
    keys = compared_keys(tree, sorted(repeated.varying & set(parameters(tree))))
    step = _step(table, keys[0][1].fields[-1].sval) if table and len(keys) == 1 else None
    if table is None or step is None:
        return None
    if any(getattr(tree, name) for name in _SHAPING) or volatile(tree):
        return Refusal("each round is more than a list of rows")
    if any(is_aggregate(node) for node in here(tree.targetList)) or any(isinstance(n, ast.SubLink) for n in walk(tree)):
        return Refusal("each round is more than a list of rows")
    return _recursive(repeated, tree, table, keys[0], step)


def _step(table: Table, key: str) -> tuple[str, str] | None:
    """Return the column looked up and the one whose values the next rounds take: to children, or to the parent."""
    for one in table.constraints:
        if one.kind == "foreign" and one.references == (table.schema, table.name) and len(one.columns) == 1:
            mine, its = one.columns[0], one.referenced_columns[0]
            if key == mine:
                return mine, its
            if key == its:
                return its, mine
    return None


def _recursive(
    repeated: Repeated, tree: Any, table: Table, key: tuple[Any, Any, int], step: tuple[str, str]
) -> Rewrite | Refusal:
    bindings = Bindings(tree, repeated.schema)
    bindings.qualify((tree.targetList, tree.whereClause))
    alias = next(iter(bindings.level(tree).relations))
    needed = {step[1], *next(iter(total_keys(table)), ())}
    names = _output(tree, table, alias)
    if names is None or len(names) != len(set(names)):
        return Refusal("its output is more than plain columns")
    missing = sorted(needed - set(names))
    tree.targetList = (*tree.targetList, *(ast.ResTarget(val=column(alias, name)) for name in missing))
    first = render(tree)
    name = bindings.fresh("found")
    again = duplicate(tree)
    rest = [part for part in conjuncts(tree.whereClause) if part is not key[0]]
    again.fromClause = (*again.fromClause, statement(f"SELECT 1 FROM {name}").fromClause[0])
    again.whereClause = all_of(expression("__a__ = __b__", a=column(alias, step[0]), b=column(name, step[1])),
                               *map(duplicate, rest))  # fmt: skip
    whole = statement(f"WITH RECURSIVE {name} AS (SELECT 1 UNION SELECT 1) SELECT * FROM {name}")
    both = whole.withClause.ctes[0].ctequery
    both.op, both.larg, both.rarg = enums.SetOperation.SETOP_UNION, tree, again
    return Rewrite(
        "walk", "walk", render(whole), repeated.text, numbers=parameters(tree), keys_last=len(missing), first=first,
        arrays=(key[2],), link=(step[1],), explanation=f"${key[2]} takes where the walk begins",
    )  # fmt: skip


def _output(tree: Any, table: Table, alias: str) -> list[str] | None:
    """Return the names of the output columns, each `*` written as that of its table; `None` for expressions."""
    names: list[str] = []
    for target in tree.targetList:
        if is_star(target.val):
            target.val.fields = (*column(alias, "x").fields[:1], ast.A_Star())
            names += [one.name for one in table.columns]
        elif isinstance(target.val, ast.ColumnRef) and not target.name:
            names.append(target.val.fields[-1].sval)
        else:
            return None
    return names
