"""Rewrites OFFSET paging to keyset paging."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from advisor.analysis.shape import QueryShape, SortKey, TableShape, Term
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Table
from advisor.rules.npo.child import unique_keys
from advisor.rules.statement import numbers_in, parse, place, render, renumber


@dataclass(frozen=True, slots=True)
class Keyset:
    """The same list, each page beginning after the last row of the one before."""

    text: str
    explanation: str
    """What the new parameters take, in words."""
    index: str
    """The index that makes a page cost the same however deep it is: `table (columns)`."""


def keyset(text: str, shape: QueryShape, sorted_table: TableShape, table: Table) -> Keyset | None:
    """Return the rewritten statement, `None` when its order is not one of plain columns of one table."""
    tree = parse(text)
    if not isinstance(tree, exp.Select) or shape.sort_spans_tables or not sorted_table.sort:
        return None
    if any(key.term.column is None for key in sorted_table.sort) or "group-by" in shape.features:
        return None
    keys, added = _complete(sorted_table, table)
    if not keys:
        return None
    tree.set("offset", None)
    _renumber(tree)
    first = max(numbers_in(tree), default=0) + 1
    columns = [_column(tree, sorted_table, key) for key in keys]
    for key, column in zip(keys[len(keys) - added :], columns[len(keys) - added :], strict=True):
        tree.order_by(exp.Ordered(this=column.copy(), desc=key.descending), copy=False)
    tree.where(_after(keys, columns, first), copy=False)
    names = ", ".join(f"${first + number} = {key.term.column}" for number, key in enumerate(keys))
    return Keyset(
        render(tree),
        f"{names} of the last row of the page before; leave the condition out for the first page",
        f"{table.name} ({', '.join(_index_columns(sorted_table, keys))})",
    )


def _complete(sorted_table: TableShape, table: Table) -> tuple[tuple[SortKey, ...], int]:
    """Return the sort keys with the primary key appended where ties are possible, and how many were appended."""
    keys = sorted_table.sort
    columns = {key.term.column for key in keys}
    fixed = {predicate.term.column for predicate in sorted_table.predicates if predicate.kind == "equality"}
    if any(set(unique) <= columns | fixed for unique in unique_keys(table)):
        return keys, 0
    if not table.primary_key:
        return (), 0
    last = keys[-1]
    more = [
        replace(last, term=Term(quote_identifier(name), (name,)))
        for name in table.primary_key
        if name not in columns and name not in fixed
    ]
    return (*keys, *more), len(more)


def _renumber(tree: exp.Expression) -> None:
    renumber(tree, {old: new for new, old in enumerate(numbers_in(tree), 1)})


def _column(tree: exp.Select, shape: TableShape, key: SortKey) -> exp.Column:
    """Return the key as a column written like those of the statement: qualified only when they are."""
    name = key.term.columns[0]
    qualified = any(column.table for column in tree.find_all(exp.Column))
    return exp.column(name, table=shape.alias if qualified else None, quoted=quote_identifier(name) != name)


def _after(keys: tuple[SortKey, ...], columns: list[exp.Column], first: int) -> exp.Expression:
    """Return the condition that holds for the rows after the last one: a row comparison, or its long form."""
    places: list[exp.Expression] = [place(first + number) for number in range(len(keys))]
    if len({key.descending for key in keys}) == 1:
        kind = exp.LT if keys[0].descending else exp.GT
        if len(keys) == 1:
            return kind(this=columns[0].copy(), expression=places[0])
        left = exp.Tuple(expressions=[column.copy() for column in columns])
        return kind(this=left, expression=exp.Tuple(expressions=places))
    arms = []
    for number, key in enumerate(keys):
        kind = exp.LT if key.descending else exp.GT
        equal = [exp.EQ(this=columns[i].copy(), expression=places[i].copy()) for i in range(number)]
        arms.append(exp.and_(*equal, kind(this=columns[number].copy(), expression=places[number].copy())))
    return exp.paren(exp.or_(*arms))


def _index_columns(sorted_table: TableShape, keys: tuple[SortKey, ...]) -> list[str]:
    equal = [
        predicate.term.expression
        for predicate in sorted_table.predicates
        if predicate.kind == "equality" and predicate.disjunction is None
    ]
    mixed = len({key.descending for key in keys}) > 1
    ordered = [key.term.expression + (" DESC" if key.descending and mixed else "") for key in keys]
    return list(dict.fromkeys([*equal, *ordered]))
