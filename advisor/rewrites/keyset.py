"""OFFSET paging as keyset paging: each page begins after the last row of the one before, under a total order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Schema, Table
from advisor.rewrites.cast_types import bare_type
from advisor.rewrites.column_scope import Bindings, Level, Relation
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.tree import (
    all_of,
    any_of,
    ast,
    column,
    conjuncts,
    duplicate,
    enums,
    equality,
    expression,
    here,
    is_aggregate,
    is_star,
    parameter,
    parameters,
    parse,
    render,
    renumbered,
    row_list,
)
from advisor.rewrites.volatile import volatile

_DESC = enums.SortByDir.SORTBY_DESC
_FIRST, _LAST, _DEFAULT = (
    enums.SortByNulls.SORTBY_NULLS_FIRST, enums.SortByNulls.SORTBY_NULLS_LAST, enums.SortByNulls.SORTBY_NULLS_DEFAULT,
)  # fmt: skip
_BLOCKING = (
    ("groupClause", "it groups rows"), ("havingClause", "it groups rows"), ("distinctClause", "it has DISTINCT"),
    ("windowClause", "it has a window function"), ("lockingClause", "it locks rows, those it skips too"),
    ("withClause", "it has a WITH query"), ("intoClause", "it has INTO"), ("valuesLists", "it has VALUES"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Key:
    relation: Relation
    name: str
    descending: bool
    nulls_first: bool
    nullable: bool

    @property
    def column(self) -> Any:
        return column(self.relation.alias, self.name)

    @property
    def table_column(self) -> str:
        return self.relation.names.get(self.name, self.name)


def keyset(text: str, schema: Schema) -> Rewrite | Refusal:
    """Return the list's next page as a condition on the last row's sort values, completed to a total order."""
    tree = parse(text)
    if not isinstance(tree, ast.SelectStmt):
        return Refusal("it is no plain SELECT")
    if refusal := _blocked(tree):
        return Refusal(refusal)
    bindings = Bindings(tree, schema)
    level = bindings.level(tree)
    keys = _ordered(tree, bindings, level)
    if isinstance(keys, Refusal):
        return keys
    complete = _completed(tree, keys, bindings, level)
    if isinstance(complete, Refusal):
        return complete
    return _paged(tree, complete, bindings, level, text)


def _blocked(tree: Any) -> str | None:
    if tree.op != enums.SetOperation.SETOP_NONE:
        return "it is a set operation"
    for clause, reason in _BLOCKING:
        if getattr(tree, clause):
            return reason
    if not tree.sortClause:
        return "it has no ORDER BY, so that its pages have no order to go on in"
    if tree.limitCount is None or (isinstance(tree.limitCount, ast.A_Const) and tree.limitCount.isnull):
        return "it has no LIMIT, so that there are no pages"
    if tree.limitOption == enums.LimitOption.LIMIT_OPTION_WITH_TIES:
        return "it has WITH TIES"
    if found := volatile(tree):
        return f"it calls {found}, which may give another value each time"
    for node in here((tree.targetList, tree.sortClause)):
        if is_aggregate(node):
            return "it aggregates rows"
        if isinstance(node, ast.FuncCall) and node.over:
            return "it has a window function"
        if isinstance(node, ast.FuncCall) and node.funcname[-1].sval in ("unnest", "generate_series", "regexp_matches"):
            return "its select list returns several rows for one"
    return None


def _ordered(tree: Any, bindings: Bindings, level: Level) -> list[_Key] | Refusal:
    keys: list[_Key] = []
    for sort in tree.sortClause:
        node = _meant(sort.node, tree)
        bound = bindings.owner(node) if isinstance(node, ast.ColumnRef) and not is_star(node) else None
        if sort.sortby_dir == enums.SortByDir.SORTBY_USING:
            return Refusal("it is ordered USING an operator")
        if bound is None or bound[0] is not level or bound[1].table is None:
            return Refusal("it is ordered by an expression, or by what is no table's plain column")
        name = node.fields[-1].sval
        if any(key.relation is bound[1] and key.name == name for key in keys):
            continue
        descending = sort.sortby_dir == _DESC
        first = sort.sortby_nulls == _FIRST or (sort.sortby_nulls == _DEFAULT and descending)
        keys.append(_Key(bound[1], name, descending, first, not bound[1].not_null(name)))
    return keys


def _meant(node: Any, tree: Any) -> Any:
    """Return the expression of the select list that an ORDER BY key names or counts, else the key itself."""
    if isinstance(node, ast.A_Const) and isinstance(node.val, ast.Integer):
        if any(is_star(target.val) for target in tree.targetList) or node.val.ival > len(tree.targetList):
            return None
        return tree.targetList[node.val.ival - 1].val
    if isinstance(node, ast.ColumnRef) and len(node.fields) == 1 and not is_star(node):
        named = [target.val for target in tree.targetList if target.name == node.fields[0].sval]
        return named[0] if named else node
    return node


def _completed(tree: Any, keys: list[_Key], bindings: Bindings, level: Level) -> list[_Key] | Refusal:
    """Return the keys with those appended that leave no tie: a key of every table whose row is not given yet."""
    fixed = _Determined(tree, [], bindings, level).columns
    found = [key for key in keys if (key.relation.alias, key.name) not in fixed]
    known = _Determined(tree, keys, bindings, level)
    for relation in level.relations.values():
        if relation.table is None:
            return Refusal("it reads a subquery, a function or a WITH query, whose rows have no key")
    for relation in level.relations.values():
        if relation not in known.given:
            key = _key_of(relation.table)
            if key is None:
                return Refusal(f"{relation.alias} has no unique key of NOT NULL columns, so that rows may tie")
            missing = [name for name in key if (relation.alias, name) not in known.columns]
            down = (found or keys)[-1].descending
            found += [_Key(relation, name, down, down, relation.nullable) for name in missing]
            known.add(relation, missing)
    return found or Refusal("its conditions leave one row, so that there are no pages")


class _Determined:
    """Which columns and rows the sort values give away, once they are known."""

    def __init__(self, tree: Any, keys: list[_Key], bindings: Bindings, level: Level) -> None:
        self.columns = {(key.relation.alias, key.name) for key in keys}
        self.given: set[Relation] = set()
        self._level = level
        self._equal: list[tuple[tuple[str, str], tuple[str, str]]] = []
        for part in conjuncts(tree.whereClause):
            self._take(part, bindings, inner=True)
        for item in tree.fromClause:
            self._joins(item, bindings)
        self._close()

    def add(self, relation: Relation, names: list[str]) -> None:
        """Note further sort columns."""
        self.columns |= {(relation.alias, name) for name in names}
        self._close()

    def _take(self, part: Any, bindings: Bindings, *, inner: bool, right: frozenset[str] = frozenset()) -> None:
        sides = equality(part)
        if sides is None:
            return
        mine, other = (self._column(side, bindings) for side in sides)
        fixed = next((side for side in sides if isinstance(side, ast.A_Const) or parameter(side)), None)
        for one, two in ((mine, other), (other, mine)):
            if one and two and (inner or one[0] in right):
                self._equal.append((two, one))
            elif one and two is None and fixed is not None and (inner or one[0] in right):
                self.columns.add(one)

    def _joins(self, item: Any, bindings: Bindings) -> None:
        if not isinstance(item, ast.JoinExpr):
            return
        self._joins(item.larg, bindings)
        self._joins(item.rarg, bindings)
        kind = item.jointype.name
        if kind == "JOIN_INNER":
            for part in conjuncts(item.quals):
                self._take(part, bindings, inner=True)
        elif kind == "JOIN_LEFT" and not isinstance(item.rarg, ast.JoinExpr):
            alias = item.rarg.alias.aliasname if item.rarg.alias else getattr(item.rarg, "relname", "")
            for part in conjuncts(item.quals):
                self._take(part, bindings, inner=False, right=frozenset({alias}))

    def _column(self, node: Any, bindings: Bindings) -> tuple[str, str] | None:
        bound = bindings.owner(node) if isinstance(node, ast.ColumnRef) and not is_star(node) else None
        return (bound[1].alias, node.fields[-1].sval) if bound and bound[0] is self._level else None

    def _close(self) -> None:
        before = -1
        while before != len(self.columns) + len(self.given):
            before = len(self.columns) + len(self.given)
            self.columns |= {later for earlier, later in self._equal if earlier in self.columns}
            for relation in self._level.relations.values():
                if relation.table and any(
                    all((relation.alias, name) in self.columns for name in key) for key in total_keys(relation.table)
                ):
                    self.given.add(relation)
                    self.columns |= {(relation.alias, name) for name in relation.columns or ()}


def total_keys(table: Table) -> list[tuple[str, ...]]:
    """Return the column sets that name one row each: unique at once, everywhere, and never NULL."""
    found = [one.columns for one in table.constraints if one.kind == "primary" and "DEFERRABLE" not in one.definition]
    for index in table.indexes:
        keys = index.definition.keys
        columns = tuple(key.column for key in keys if key.column)
        if (
            index.definition.unique and index.valid and not index.definition.where and len(columns) == len(keys)
            and not _deferrable(table, columns)
        ):  # fmt: skip
            found.append(columns)
    never = {column.name for column in table.columns if column.not_null}
    return list(dict.fromkeys(key for key in found if key and set(key) <= never))


def _deferrable(table: Table, columns: tuple[str, ...]) -> bool:
    return any(one.columns == columns and "DEFERRABLE" in one.definition and "NOT DEFERRABLE" not in one.definition
               for one in table.constraints)  # fmt: skip


def _key_of(table: Table | None) -> tuple[str, ...] | None:
    return next(iter(total_keys(table)), None) if table else None


def _paged(tree: Any, keys: list[_Key], bindings: Bindings, level: Level, text: str) -> Rewrite | Refusal:
    size, skip = parameter(tree.limitCount), parameter(tree.limitOffset)
    for target in tree.targetList:
        bindings.qualify(target)
    bindings.qualify(tree.whereClause)
    places = _places(tree, keys, level)
    if places is None:
        return Refusal("it cannot be told where its output holds the sort columns")
    tree.limitOffset = None
    tree.sortClause = tuple(_sort(key, len(level.relations) > 1) for key in keys)
    old = parameters(tree)
    renumbered(tree, {number: place for place, number in enumerate(old, 1)})
    first = render(_short(duplicate(tree), level))
    numbers = tuple(range(len(old) + 1, len(old) + 1 + len(keys)))
    tree.whereClause = all_of(tree.whereClause, _after(keys, numbers))
    said = ", ".join(f"${number} = {key.name}" for number, key in zip(numbers, keys, strict=True))
    return Rewrite(
        "keyset", "pages", render(_short(tree, level)), text,
        numbers=old,
        page={"last": numbers, "places": places, "size": (size,) if size else (), "skip": (skip,) if skip else ()},
        first=first,
        index=_index(tree, keys, bindings, level),
        explanation=f"{said} of the last row of the page before; leave that condition out for the first page",
    )  # fmt: skip


def _short(tree: Any, level: Level) -> Any:
    """Write columns without their table where there is one table only and nothing else to mistake it for."""
    if len(level.relations) > 1 or any(isinstance(node, ast.SubLink) for node in here(tree)):
        return tree
    alias = next(iter(level.relations))
    for node in here((tree.targetList, tree.whereClause, tree.sortClause)):
        if isinstance(node, ast.ColumnRef) and len(node.fields) == 2 and node.fields[0].sval == alias:
            clash = any(target.name == getattr(node.fields[1], "sval", "*") for target in tree.targetList)
            if not is_star(node) and not clash:
                node.fields = node.fields[1:]
    return tree


def _places(tree: Any, keys: list[_Key], level: Level) -> tuple[int, ...] | None:
    """Return where a row holds each key; keys it lacks are added to the end of the select list."""
    listed: list[tuple[str, str] | None] = []
    for target in tree.targetList:
        node = target.val
        if is_star(node):
            chosen = [level.relations[node.fields[0].sval]] if len(node.fields) == 2 else list(level.relations.values())
            if level.merged or any(relation.table is None for relation in chosen):
                return None
            for relation in chosen:
                listed += [(relation.alias, found.name) for found in relation.table.columns if relation.table]  # type: ignore[union-attr]
        elif isinstance(node, ast.ColumnRef) and len(node.fields) == 2:
            listed.append((node.fields[0].sval, node.fields[1].sval))
        else:
            listed.append(None)
    for key in keys:
        if (key.relation.alias, key.name) not in listed:
            listed.append((key.relation.alias, key.name))
            tree.targetList = (*tree.targetList, ast.ResTarget(val=key.column))
    return tuple(listed.index((key.relation.alias, key.name)) for key in keys)


def _sort(key: _Key, qualified: bool) -> Any:
    nulls = _DEFAULT
    if key.nullable and key.nulls_first != key.descending:
        nulls = _FIRST if key.nulls_first else _LAST
    direction = _DESC if key.descending else enums.SortByDir.SORTBY_DEFAULT
    return ast.SortBy(node=key.column, sortby_dir=direction, sortby_nulls=nulls)


def _after(keys: list[_Key], numbers: tuple[int, ...]) -> Any:
    """Return the condition that holds for the rows after the last one."""
    if any(key.nullable for key in keys):
        return _with_nulls(keys, numbers)
    compared = [
        expression(f"__c__ {'<' if key.descending else '>'} ${number}", c=key.column)
        for key, number in zip(keys, numbers, strict=True)
    ]
    if len(keys) == 1:
        return compared[0]
    if len({key.descending for key in keys}) == 1:
        whole = expression(f"__c__ {'<' if keys[0].descending else '>'} __p__",
                           c=row_list([key.column for key in keys]),
                           p=row_list([ast.ParamRef(number=number) for number in numbers]))  # fmt: skip
        return whole
    first = expression(f"__c__ {'<=' if keys[0].descending else '>='} ${numbers[0]}", c=keys[0].column)
    return all_of(first, any_of(*_lexicographic(keys, numbers, compared)))


def _lexicographic(keys: list[_Key], numbers: tuple[int, ...], compared: list[Any]) -> list[Any]:
    found = []
    for place, after in enumerate(compared):
        same = [expression(f"__c__ = ${number}", c=key.column) if not key.nullable
                else expression(f"__c__ IS NOT DISTINCT FROM ${number}::{_type(key)}", c=key.column)
                for key, number in zip(keys[:place], numbers, strict=False)]  # fmt: skip
        found.append(all_of(*same, duplicate(after)))
    return found


def _with_nulls(keys: list[_Key], numbers: tuple[int, ...]) -> Any:
    compared = []
    for key, number in zip(keys, numbers, strict=True):
        after = expression(f"__c__ {'<' if key.descending else '>'} ${number}::{_type(key)}", c=key.column)
        if key.nullable and key.nulls_first:
            after = expression(
                f"__a__ OR (${number}::{_type(key)} IS NULL AND __c__ IS NOT NULL)", a=after, c=key.column
            )
        elif key.nullable:
            after = expression(
                f"__a__ OR (${number}::{_type(key)} IS NOT NULL AND __c__ IS NULL)", a=after, c=key.column
            )
        compared.append(after)
    return any_of(*_lexicographic(keys, numbers, compared))


def _type(key: _Key) -> str:
    table = key.relation.table
    found = table.column(key.table_column) if table else None
    return bare_type(found) if found else "text"


def _index(tree: Any, keys: list[_Key], bindings: Bindings, level: Level) -> str | None:
    """Return the index whose order is that of the pages: fixed columns, then the sort columns; `None` over tables."""
    if len(level.relations) != 1 or keys[0].relation.table is None:
        return None
    fixed = []
    for part in conjuncts(tree.whereClause):
        sides = equality(part)
        for one, two in (sides, sides[::-1]) if sides else ():
            constant = isinstance(two, ast.A_Const) or parameter(two)
            if isinstance(one, ast.ColumnRef) and constant and not is_star(one):
                fixed.append(one.fields[-1].sval)
    sorts = [key for key in keys if key.name not in fixed]
    table = keys[0].relation.table
    return f"{table.name} ({', '.join([*map(quote_identifier, dict.fromkeys(fixed)), *_index_keys(sorts)])})"


def _index_keys(keys: list[_Key]) -> list[str]:
    """Return the keys as CREATE INDEX takes them; all ascending where the server can read it backwards."""
    nulls = [key.nulls_first != key.descending and key.nullable for key in keys]
    plain = len({key.descending for key in keys}) < 2 and not any(nulls)
    if plain:
        return [quote_identifier(key.table_column) for key in keys]
    return [
        quote_identifier(key.table_column) + (" DESC" if key.descending else "")
        + ((" NULLS FIRST" if key.nulls_first else " NULLS LAST") if odd else "")
        for key, odd in zip(keys, nulls, strict=True)
    ]  # fmt: skip
