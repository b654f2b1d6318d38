"""Random conditions on a column, by its type."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from psycopg import sql

from benchmarks.mixed.catalogue import Column

Make = Callable[[str, str, Column, Random], str]
"""From the column as SQL, a value as SQL literal, the column itself and chance to a condition."""


def condition(alias: str, column: Column, rng: Random) -> str:
    """Return a condition on this column of the relation with this alias."""
    place = f"{alias}.{sql.Identifier(column.name).as_string()}"
    if not column.values or rng.random() < 0.06:
        return f"{place} IS {rng.choice(['', 'NOT '])}NULL"
    return rng.choice(_kinds(column))(place, _literal(column, rng), column, rng)


def _literal(column: Column, rng: Random) -> str:
    return sql.Literal(rng.choice(column.values)).as_string()


def _cast(column: Column) -> str:
    return f"::{column.type}" if column.kind in "crem" or column.type.endswith("[]") else ""


def _compare(*operators: str) -> Make:
    def make(place: str, value: str, column: Column, rng: Random) -> str:
        return f"{place} {rng.choice(operators)} {value}{_cast(column)}"

    return make


def _between(place: str, value: str, column: Column, rng: Random) -> str:
    return f"{place} BETWEEN {value} AND {_literal(column, rng)}"


def _one_of(place: str, value: str, column: Column, rng: Random) -> str:
    others = [_literal(column, rng) for _ in range(rng.randint(1, 5))]
    return f"{place} {rng.choice(['', 'NOT '])}IN ({', '.join([value, *others])})"


def _either(place: str, value: str, column: Column, rng: Random) -> str:
    return f"({place} = {value} OR {place} {rng.choice(['>', '='])} {_literal(column, rng)} OR {place} IS NULL)"


def _scaled(place: str, value: str, column: Column, rng: Random) -> str:
    return f"{place} {rng.choice(['+ 1', '* 2', '% 7'])} {rng.choice('=<>')} {rng.randint(0, 900)}"


def _pattern(place: str, value: str, column: Column, rng: Random) -> str:
    text = value.strip("'").removeprefix("E'")[: rng.randint(1, 8)].replace("\\", "")
    form = rng.choice(
        ["LIKE '{}%'", "LIKE '%{}%'", "LIKE '{}_%'", "ILIKE '{}%'", "~ '^{}'", "^@ '{}'", "NOT LIKE '{}%'"]
    )
    return f"{place} " + form.format(text.translate(str.maketrans("", "", "()[]'*+?.{}%")))


def _function(place: str, value: str, column: Column, rng: Random) -> str:
    return rng.choice([f"lower({place}) = lower({value})", f"length({place}) > {rng.randint(1, 20)}",
                       f'{place} COLLATE "C" {rng.choice("<>")} {value}'])  # fmt: skip


def _truth(place: str, value: str, column: Column, rng: Random) -> str:
    return rng.choice([place, f"NOT {place}", f"{place} IS TRUE", f"{place} IS NOT TRUE", f"{place} = {value}"])


def _element(place: str, value: str, column: Column, rng: Random) -> str:
    other = _literal(column, rng)
    return rng.choice([
        f"({value}{_cast(column)})[1] = ANY ({place})", f"{place} @> ({value}{_cast(column)})[1:1]",
        f"{place} && {value}{_cast(column)}", f"{place} <@ {other}{_cast(column)}", f"cardinality({place}) = 3",
        f"{place} = {value}{_cast(column)}",
    ])  # fmt: skip


_ORDER = [_compare("=", "=", "<", ">", "<=", ">=", "<>"), _compare("=", ">", "<"), _between, _one_of, _either]
_TEXT = [*_ORDER, _pattern, _pattern, _function]
_RANGE = [_compare("&&", "@>", "<@", "<<", ">>", "=", "-|-", "&<")]


def _kinds(column: Column) -> list[Make]:
    if column.type.endswith("[]"):
        return [_element]
    if column.kind in "rm":
        return _RANGE
    if column.type == "text" and column.name == "loose":  # no patterns under a nondeterministic collation before 18
        return _ORDER
    if column.type in ("text", "character varying", "character"):
        return _TEXT
    if column.type in ("integer", "smallint", "bigint", "numeric"):
        return [*_ORDER, _scaled]
    return _SPECIAL.get(column.type, _ORDER)


_SPECIAL: dict[str, list[Make]] = {
    "boolean": [_truth],
    "jsonb": [_compare("@>", "<@", "=")],
    "inet": [_compare("=", "<", ">", "<<", ">>=")],
    "point": [lambda place, value, column, rng: f"{place} <@ box(point({value}), point({_literal(column, rng)}))"],
    "box": [_compare("&&", "@>", "<<")],
    "circle": [_compare("&&", "@>")],
    "xml": [lambda place, value, column, rng: f"{place} IS NOT NULL"],
    "tsvector": [
        lambda place, value, column, rng: f"{place} @@ to_tsquery('simple', 'common & t{rng.randint(0, 19)}')"
    ],
    "bit varying": [_compare("=", "<")],
    "mix.hstore": [lambda place, value, column, rng: f"{place} IS NOT NULL"],
    "mix.ltree": [lambda place, value, column, rng: f"{place} IS NOT NULL"],
    "mix.citext": [lambda place, value, column, rng: f"{place} OPERATOR(mix.=) {value}::mix.citext"],
}
