"""Random statements: conditions, joins, groups, orders, subqueries and writes over the relations of a mixture."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from psycopg import sql

from benchmarks.mixed.catalogue import Column, Relation
from benchmarks.mixed.conditions import condition
from benchmarks.mixed.template import Edge, Mixture, expand

Form = Literal["literal", "bound", "generic"]
_VALUE = re.compile(r"(?:(?<=[=<>] )|(?<=KE )|(?<=ND ))'((?:[^']|'')*)'(?!::)")
_NO_ORDER = ("xml", "point", "box", "circle", "json")


@dataclass(frozen=True)
class Statement:
    """A statement in parts, so that a smaller one can be made of it."""

    head: str
    conditions: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    form: Form = "literal"
    """`bound`: values of its conditions are sent beside it; `generic`: it is planned without them."""

    @property
    def text(self) -> str:
        number = itertools.count(1)
        conditions = " AND ".join(self.conditions)
        if self.form != "literal":
            conditions = _VALUE.sub(lambda _: f"${next(number)}", conditions)
        return " ".join([f"{self.head} WHERE {conditions}" if conditions else self.head, *self.tail])

    @property
    def values(self) -> tuple[str, ...] | None:
        """The values that stand beside the text, `None` where there are none."""
        found = tuple(value.replace("''", "'") for value in _VALUE.findall(" AND ".join(self.conditions)))
        return found if self.form == "bound" and found else None

    def smaller(self) -> Iterator[Statement]:
        """Yield the statements with one part less."""
        for n in range(len(self.tail) - 1, -1, -1):
            yield replace(self, tail=self.tail[:n] + self.tail[n + 1 :])
        for n in range(len(self.conditions)):
            yield replace(self, conditions=self.conditions[:n] + self.conditions[n + 1 :])


class Maker:
    """Makes statements by chance."""

    def __init__(self, rng: Random, mixture: Mixture, relations: Sequence[Relation]) -> None:
        self._rng = rng
        self._mixture = mixture
        self._relations = [relation for relation in relations if relation.columns]
        self._named = {relation.name: relation for relation in self._relations if relation.schema == "mix"}
        self._edges = [edge for edge in mixture.edges if edge.left in self._named and edge.right in self._named]

    def make(self) -> Statement:
        """Return the next statement."""
        kind = self._rng.choices([self._template, self._simple, self._join, self._semi, self._set, self._write],
                                 [25, 35, 20, 10, 6, 4])[0]  # fmt: skip
        made = kind()
        form: Form = self._rng.choices(["literal", "bound", "generic"], [7, 2, 1])[0]  # type: ignore[assignment]
        return replace(made, form=form) if made.conditions else made

    def _template(self) -> Statement:
        return Statement(expand(self._rng.choice(self._mixture.statements), self._rng))

    def _conditions(self, relation: Relation, alias: str, most: int = 3) -> tuple[str, ...]:
        return tuple(self._condition(relation, alias) for _ in range(self._rng.randint(0, most)))

    def _condition(self, relation: Relation, alias: str) -> str:
        own = self._mixture.conditions.get(relation.name) if relation.schema == "mix" else None
        if own and self._rng.random() < 0.4:
            return self._qualified(expand(self._rng.choice(own), self._rng), relation, alias)
        return condition(alias, self._rng.choice(relation.columns), self._rng)

    def _qualified(self, text: str, relation: Relation, alias: str) -> str:
        """Return a block's condition with its bare column names qualified."""
        names = "|".join(re.escape(column.name) for column in relation.columns)
        parts = re.split(r"('[^']*')", text)
        bare = rf"(?<![\w.:'])({names})\b(?![\w(])"
        return "".join(part if part.startswith("'") else re.sub(bare, rf"{alias}.\1", part) for part in parts)

    def _column(self, relation: Relation) -> Column:
        orderly = [column for column in relation.columns if column.type not in _NO_ORDER]
        return self._rng.choice(orderly)

    def _name(self, relation: Relation, alias: str) -> str:
        return f"{alias}.{sql.Identifier(self._column(relation).name).as_string()}"

    def _order(self, relation: Relation, alias: str) -> tuple[str, ...]:
        keys = [self._name(relation, alias) + self._rng.choice(["", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
                for _ in range(self._rng.randint(1, 2))]  # fmt: skip
        order = (f"ORDER BY {', '.join(keys)}",) if self._rng.random() < 0.6 else ()
        limit = (f"LIMIT {self._rng.choice([1, 5, 20, 100, 1000])}",) if self._rng.random() < 0.5 else ()
        return order + limit

    def _simple(self) -> Statement:
        relation = self._rng.choice(self._relations)
        source, where = f"FROM {relation.qualified} r", self._conditions(relation, "r")
        form = self._rng.random()
        if form < 0.15:
            return Statement(f"SELECT count(*), max({self._name(relation, 'r')}::text) {source}", where)
        if form < 0.35:
            key = self._name(relation, "r")
            tail = (f"GROUP BY {key}", *((f"HAVING count(*) > {self._rng.randint(1, 9)}",) * (form < 0.25)))
            return Statement(f"SELECT {key}, count(*) {source}", where, tail)
        if form < 0.42:
            return Statement(f"SELECT DISTINCT {self._name(relation, 'r')} {source}", where)
        if form < 0.47:
            key, other = self._name(relation, "r"), self._name(relation, "r")
            return Statement(f"SELECT {key}, row_number() OVER (PARTITION BY {key} ORDER BY {other}) {source}", where)
        columns = "r.*" if form < 0.75 else self._name(relation, "r")
        return Statement(f"SELECT {columns} {source}", where, self._order(relation, "r"))

    def _edge(self) -> tuple[Edge, Relation, Relation]:
        edge = self._rng.choice(self._edges)
        return edge, self._named[edge.left], self._named[edge.right]

    def _join(self) -> Statement:
        edge, left, right = self._edge()
        a, b = edge.left_alias, edge.right_alias
        kind = self._rng.choice(["JOIN", "JOIN", "JOIN", "LEFT JOIN", "FULL JOIN"])
        kind = "JOIN" if "OPERATOR" in edge.condition and kind == "FULL JOIN" else kind
        source = f"FROM {left.qualified} {a} {kind} {right.qualified} {b} ON {edge.condition}"
        where = self._conditions(left, a, 2) + self._conditions(right, b, 2)
        third = [
            other for other in self._edges if other.left == edge.right and other.right not in (edge.left, edge.right)
        ]
        if third and self._rng.random() < 0.5:
            other = self._rng.choice(third)
            joined = re.sub(
                rf"\b{other.left_alias}\.", f"{b}.", re.sub(rf"\b{other.right_alias}\.", "z.", other.condition)
            )
            source += f" JOIN {self._named[other.right].qualified} z ON {joined}"
            where += self._conditions(self._named[other.right], "z", 1)
        if self._rng.random() < 0.3:
            key = self._name(left, a)
            return Statement(f"SELECT {key}, count(*) {source}", where, (f"GROUP BY {key}",))
        return Statement(f"SELECT {self._rng.choice([a, b])}.* {source}", where, self._order(left, a))

    def _semi(self) -> Statement:
        edge, left, right = self._edge()
        a, b = edge.left_alias, edge.right_alias
        inner = " AND ".join((edge.condition, *self._conditions(right, b, 2)))
        exists = f"{self._rng.choice(['', 'NOT '])}EXISTS (SELECT FROM {right.qualified} {b} WHERE {inner})"
        if self._rng.random() < 0.25:
            source = f"{left.qualified} {a}, LATERAL (SELECT * FROM {right.qualified} {b} WHERE {inner} LIMIT 3) AS few"
            return Statement(f"SELECT {a}.* FROM {source}", self._conditions(left, a, 2), self._order(left, a))
        where = (exists, *self._conditions(left, a, 2))
        return Statement(f"SELECT {a}.* FROM {left.qualified} {a}", where, self._order(left, a))

    def _set(self) -> Statement:
        relation = self._rng.choice(self._relations)
        column = sql.Identifier(self._column(relation).name).as_string()
        arms = [
            f"SELECT r.{column} AS k FROM {relation.qualified} r WHERE {self._condition(relation, 'r')}"
            for _ in range(2)
        ]
        operation = self._rng.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])
        if self._rng.random() < 0.5:
            with_ = self._rng.choice(["", "MATERIALIZED ", "NOT MATERIALIZED "])
            return Statement(f"WITH w AS {with_}({arms[0]}) SELECT w.k, count(*) FROM w", (), ("GROUP BY w.k",))
        return Statement(f"{arms[0]} {operation} {arms[1]}")

    def _write(self) -> Statement:
        relation = self._rng.choice([one for one in self._relations if one.kind in "rp"])
        where = self._conditions(relation, "r", 2)
        if self._rng.random() < 0.5:
            return Statement(f"DELETE FROM {relation.qualified} r", where)
        plain = [column for column in relation.columns if column.type in ("text", "numeric", "date")]
        column = sql.Identifier(self._rng.choice(plain or relation.columns).name).as_string()
        return Statement(f"UPDATE {relation.qualified} r SET {column} = NULL", where)
