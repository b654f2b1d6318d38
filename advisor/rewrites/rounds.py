"""What the rewritings of a loop share: the values that vary become columns of `unnest($n::type[], …)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Schema
from advisor.rewrites.cast_types import parameter_type
from advisor.rewrites.column_scope import Bindings
from advisor.rewrites.rewrite import Claim, Form, Rewrite
from advisor.rewrites.tree import (
    ast,
    column,
    equality,
    expression,
    is_star,
    parameter,
    parameters,
    render,
    renumbered,
    statement,
    transformed,
    walk,
)


@dataclass(frozen=True, slots=True)
class Repeated:
    """A repeated statement: its text with `$n`, which of them vary from round to round, and their types."""

    text: str
    varying: frozenset[int]
    types: tuple[str, ...]
    """Of `$1`…, as the server infers them (`regtype`)."""
    schema: Schema
    unique: bool = False
    """Whether a round finds one row at most."""

    def known(self, numbers: Sequence[int]) -> bool:
        """Return whether the types of these parameters are known."""
        return all(number <= len(self.types) for number in numbers)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rounds as rows: `unnest` over one array a varying parameter."""

    alias: str
    names: Mapping[int, str]
    """Column name by the parameter it stands for."""
    types: tuple[str, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the parameters that become arrays, rising."""
        return tuple(self.names)

    def _arrays(self) -> str:
        return ", ".join(f"${number}::{_array(self.types[number - 1])}" for number in self.names)

    def _columns(self) -> str:
        return ", ".join(map(quote_identifier, self.names.values()))

    def item(self) -> Any:
        """Return the FROM item, one row a round."""
        alias = quote_identifier(self.alias)
        return statement(f"SELECT 1 FROM unnest({self._arrays()}) AS {alias} ({self._columns()})").fromClause[0]

    def once(self) -> Any:
        """Return the FROM item with equal rounds but once."""
        whole = f"SELECT DISTINCT * FROM unnest({self._arrays()}) AS given ({self._columns()})"
        return statement(f"SELECT 1 FROM ({whole}) AS {quote_identifier(self.alias)}").fromClause[0]

    def last(self, keys: Sequence[int]) -> Any:
        """Return the FROM item with the last round of each key."""
        named = ", ".join(quote_identifier(self.names[number]) for number in keys)
        place = "round" if "round" not in self.names.values() else "number_of_round"
        whole = (f"SELECT DISTINCT ON ({named}) * FROM unnest({self._arrays()}) WITH ORDINALITY"
                 f" AS given ({self._columns()}, {place}) ORDER BY {named}, {place} DESC")  # fmt: skip
        return statement(f"SELECT 1 FROM ({whole}) AS {quote_identifier(self.alias)}").fromClause[0]

    def column(self, number: int) -> Any:
        """Return the column that stands for `$number`."""
        found = column(self.alias, self.names[number])
        kind = parameter_type(self.types[number - 1])
        return expression(f"__c__::{kind}", c=found) if kind.endswith("[]") else found

    def put_into(self, node: Any) -> Any:
        """Replace the varying parameters below a node by their columns, in place."""
        return transformed(
            node, lambda part: self.column(part.number)
            if isinstance(part, ast.ParamRef) and part.number in self.names else part
        )  # fmt: skip


def _array(kind: str) -> str:
    """Return the type of the array; arrays of arrays are given as text, for `unnest` would take them apart."""
    bare = parameter_type(kind)
    return "text[]" if bare.endswith("[]") else f"{bare}[]"


def rows_of(repeated: Repeated, tree: Any, numbers: Sequence[int], bindings: Bindings, alias: str) -> Rows:
    """Return the rounds as rows, each column named after what its value is compared with or written to."""
    found = _written_names(tree, repeated.schema) | _compared_names(tree)
    names: dict[int, str] = {}
    for number in sorted(numbers):
        name = found.get(number, "value")
        while name in names.values():
            name = f"{name}_{number}"
        names[number] = name
    return Rows(bindings.fresh(alias), names, repeated.types)


def _compared_names(tree: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for node in walk(tree):
        if isinstance(node, ast.A_Expr):
            sides = equality(node) or (node.lexpr, node.rexpr)
            for one, two in (sides, sides[::-1]):
                number = parameter(two) if isinstance(two, ast.Node) else None
                if number and isinstance(one, ast.ColumnRef) and not is_star(one):
                    found.setdefault(number, one.fields[-1].sval)
    return found


def _written_names(tree: Any, schema: Schema) -> dict[int, str]:
    found: dict[int, str] = {}
    if isinstance(tree, ast.UpdateStmt):
        for target in tree.targetList:
            if number := parameter(target.val):
                found.setdefault(number, target.name)
    if isinstance(tree, ast.InsertStmt):
        table = schema.table(tree.relation.relname, tree.relation.schemaname)
        names = (
            [target.name for target in tree.cols] if tree.cols else [one.name for one in table.columns] if table else []
        )
        for name, value in zip(names, tree.selectStmt.valuesLists[0], strict=False):
            if number := parameter(value):
                found.setdefault(number, name)
    return found


def compared(condition: Any) -> tuple[Any, int] | None:
    """Return column and n of `column = $n`, either way round; `None` for anything else.

    A cast without a modifier (`$1::integer`) is that of the parameter itself.
    """
    sides = equality(condition)
    for one, two in (sides, sides[::-1]) if sides else ():
        value = two.arg if isinstance(two, ast.TypeCast) and not two.typeName.typmods else two
        if isinstance(one, ast.ColumnRef) and not is_star(one) and isinstance(value, ast.ParamRef):
            return one, int(value.number)
    return None


def finished(
    repeated: Repeated, form: Form, tree: Any, arrays: Sequence[int], *, claim: Claim = "rounds", first: int = 0,
    last: int = 0, once: bool = False, explanation: str = "", keys: Sequence[int] = (),
) -> Rewrite:  # fmt: skip
    """Return the rewrite, its parameters numbered from 1 in the order they had."""
    numbers = parameters(tree)
    renumbered(tree, {old: new for new, old in enumerate(numbers, 1)})
    return Rewrite(
        form, claim, render(tree), repeated.text,
        arrays=tuple(numbers.index(number) + 1 for number in arrays), numbers=numbers,
        keys_first=first, keys_last=last, keys=tuple(keys), once=once, explanation=explanation,
    )  # fmt: skip
