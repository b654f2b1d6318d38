"""The repeated query as one query: the statement that replaces a whole loop, taking arrays of keys.

Templates over the captured text; the array parameters take the number of the value they replace, so that everything
else in the statement stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from advisor.catalog.index import quote_identifier
from advisor.rules.npo.child import Child
from advisor.rules.npo.relation import Relation
from advisor.rules.statement import number_of, numbers_in, parse, place, render, renumber

Form = Literal["any", "lateral", "aggregate", "tuples", "insert", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One statement in place of a loop."""

    form: Form
    text: str
    arrays: tuple[int, ...]
    """Numbers of the parameters that take an array, one element per round of the loop."""
    numbers: tuple[int, ...]
    """For each of its parameters, the number it had in the loop's statement (a LIMIT that goes leaves a gap)."""


def rewrite(text: str, child: Child) -> Rewritten | None:
    """Return the statement that does in one round what the loop did, `None` when no template fits."""
    tree = parse(text)
    if tree is None:
        return None
    if isinstance(tree, exp.Insert):
        return _insert(tree, child)
    if isinstance(tree, exp.Update):
        return _update(tree, child)
    found = _keys(tree, child.key)
    if len(found) != len(child.key):
        return None
    if isinstance(tree, exp.Delete):
        return _any(tree, found, child, "delete")
    if not isinstance(tree, exp.Select):
        return None
    if child.unique:
        tree.set("limit", None)
    if child.kind == "aggregate" and not tree.args.get("limit"):
        return _aggregate(tree, found, child)
    if tree.args.get("limit") or tree.args.get("distinct") or child.kind == "aggregate":
        return _lateral(tree, found, child)
    return _tuples(tree, found, child) if len(found) > 1 else _any(tree, found, child, "any")


def joined(parent_text: str, child: Child, relation: Relation) -> str | None:
    """Return the parent's statement with the child joined to it, `None` where that would repeat rows or lacks the key.

    For children that are one row each (`row`); the parent's own rows, LIMIT and order stay as they are.
    """
    tree = parse(parent_text)
    if not isinstance(tree, exp.Select) or child.kind != "row" or child.constants or not relation.to_one:
        return None
    names = {projection.alias_or_name for projection in tree.expressions}
    if not tree.is_star and not set(relation.parent_columns) <= names:
        return None
    renumber(tree, {old: new for new, old in enumerate(numbers_in(tree), 1)})
    pairs = zip(relation.child_columns, relation.parent_columns, strict=True)
    on = [exp.EQ(this=_of("child", mine), expression=_of("parent", its)) for mine, its in pairs]
    source = exp.to_table(child.table.qualified, dialect="postgres")
    source.set("alias", exp.TableAlias(this=exp.to_identifier("child")))
    whole = exp.select("parent.*", "child.*").from_(exp.alias_(exp.Subquery(this=tree), "parent", table=True))
    whole = whole.join(source, on=exp.and_(*on), join_type="left")
    order = _order(tree, names)
    return render(whole.order_by(*order) if order else whole)


def _order(tree: exp.Select, names: set[str]) -> list[exp.Expression]:
    """Return the statement's ORDER BY over its own output, which a join around it would not keep."""
    order = tree.args.get("order")
    found = []
    for key in order.expressions if order else ():
        if isinstance(key.this, exp.Column) and (tree.is_star or key.this.name in names):
            outer = key.copy()
            outer.set("this", _of("parent", key.this.name))
            found.append(outer)
    return found


def _of(table: str, column: str) -> exp.Column:
    return exp.column(column, table=table, quoted=quote_identifier(column) != column)


def _finished(form: Form, tree: exp.Expression, arrays: tuple[int, ...]) -> Rewritten:
    numbers = numbers_in(tree)
    renumber(tree, {old: new for new, old in enumerate(numbers, 1)})
    return Rewritten(form, render(tree), tuple(numbers.index(number) + 1 for number in arrays), numbers)


@dataclass(frozen=True, slots=True)
class _Key:
    """One `column = $n` of the statement."""

    condition: exp.EQ
    column: exp.Column
    number: int


def _keys(tree: exp.Expression, key: Sequence[str]) -> list[_Key]:
    found: dict[str, _Key] = {}
    for condition in tree.find_all(exp.EQ):
        for column, value in ((condition.this, condition.expression), (condition.expression, condition.this)):
            number = number_of(value)
            named = isinstance(column, exp.Column) and number_of(column) is None and column.name in key
            if named and number is not None:
                found.setdefault(column.name, _Key(condition, column, number))
    return [found[name] for name in key if name in found]


def _array(child: Child, column: str, number: int) -> exp.Expression:
    """Return `$n::type[]`, typed as the column is."""
    definition = child.table.column(column)
    kind = definition.type if definition else "text"
    return exp.cast(place(number), exp.DataType.build(f"{kind}[]", dialect="postgres", udt=True))


def _any_of(child: Child, key: _Key) -> exp.Expression:
    return exp.Any(this=exp.Paren(this=_array(child, key.column.name, key.number)))


def _any(tree: exp.Expression, found: Sequence[_Key], child: Child, form: Form) -> Rewritten:
    for key in found:
        key.condition.replace(exp.EQ(this=key.column, expression=_any_of(child, key)))
    _return_key(tree, found)
    return _finished(form, tree, tuple(key.number for key in found))


def _return_key(tree: exp.Expression, found: Sequence[_Key]) -> None:
    """Add the key to the select list where it is missing: the caller sorts the rows by it."""
    if not isinstance(tree, exp.Select) or tree.is_star:
        return
    listed = {
        projection.unalias().name for projection in tree.expressions if isinstance(projection.unalias(), exp.Column)
    }
    for key in found:
        if key.column.name not in listed:
            tree.select(key.column.copy(), copy=False)


def _aggregate(tree: exp.Select, found: Sequence[_Key], child: Child) -> Rewritten:
    for key in found:
        key.condition.replace(exp.EQ(this=key.column, expression=_any_of(child, key)))
        tree.select(key.column.copy(), copy=False)
        tree.group_by(key.column.copy(), copy=False)
    return _finished("aggregate", tree, tuple(key.number for key in found))


def _unnest(child: Child, columns: Sequence[tuple[str, int]], alias: str) -> exp.Expression:
    arrays = [_array(child, column, number) for column, number in columns]
    names = [exp.to_identifier(column, quoted=not column.islower()) for column, _ in columns]
    return exp.Unnest(expressions=arrays, alias=exp.TableAlias(this=exp.to_identifier(alias), columns=names))


def _lateral(tree: exp.Select, found: Sequence[_Key], child: Child) -> Rewritten:
    numbers = [(key.column.name, key.number) for key in found]
    for key in found:
        outer = exp.column(key.column.name, table="keys", quoted=not key.column.name.islower())
        key.condition.replace(exp.EQ(this=key.column.copy(), expression=outer))
    lateral = exp.Lateral(this=exp.Subquery(this=tree.copy()), alias=exp.TableAlias(this=exp.to_identifier("found")))
    whole = exp.select("keys.*", "found.*").from_(_unnest(child, numbers, "keys"))
    whole.append("joins", exp.Join(this=lateral, kind="CROSS"))
    return _finished("lateral", whole, tuple(number for _, number in numbers))


def _tuples(tree: exp.Select, found: Sequence[_Key], child: Child) -> Rewritten:
    numbers = [(key.column.name, key.number) for key in found]
    rows = exp.select("*").from_(_unnest(child, numbers, "keys"))
    columns = exp.Tuple(expressions=[key.column.copy() for key in found])
    found[0].condition.replace(exp.In(this=columns, query=exp.Subquery(this=rows)))
    for key in found[1:]:
        key.condition.replace(exp.true())
    _return_key(tree, found)
    return _finished("tuples", _without_true(tree), tuple(number for _, number in numbers))


def _without_true(tree: exp.Select) -> exp.Select:
    """Drop the `AND TRUE` that replaced conditions left behind."""
    where = tree.args["where"]
    kept = [part for part in where.this.flatten() if not (isinstance(part, exp.Boolean) and part.this)]
    where.set("this", exp.and_(*kept, copy=False))
    return tree


def _insert(tree: exp.Insert, child: Child) -> Rewritten | None:
    values, target = tree.expression, tree.this
    if not isinstance(values, exp.Values) or len(values.expressions) != 1 or not isinstance(target, exp.Schema):
        return None
    columns = [column.name for column in target.expressions]
    numbers = [number_of(value) for value in values.expressions[0].expressions]
    if len(columns) != len(numbers) or any(number is None for number in numbers):
        return None
    pairs = [(column, number) for column, number in zip(columns, numbers, strict=True) if number is not None]
    tree.set("expression", exp.select("*").from_(_unnest(child, pairs, "rows")))
    return _finished("insert", tree, tuple(number for _, number in pairs))


def _update(tree: exp.Update, child: Child) -> Rewritten | None:
    found = _keys(tree, child.key)
    if not found or tree.args.get("from_") or tree.args.get("from"):
        return None
    pairs = [(key.column.name, key.number) for key in found]
    for assignment in tree.expressions:
        number = number_of(assignment.expression)
        if number is None or any(assignment.this.name == column for column, _ in pairs):
            return None
        pairs.append((assignment.this.name, number))
        assignment.set("expression", exp.column(assignment.this.name, table="rows"))
    for key in found:
        column = exp.column(key.column.name, table=key.column.table or child.table.name)
        key.condition.replace(exp.EQ(this=column, expression=exp.column(key.column.name, table="rows")))
    tree.from_(_unnest(child, pairs, "rows"), copy=False)
    return _finished("update", tree, tuple(number for _, number in pairs))
