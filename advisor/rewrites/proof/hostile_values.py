"""Values that break statements: few, so that rows meet and tie; and those at the edges of their types."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from advisor.catalog.schema import Column

_MODIFIER = re.compile(r"\((\d+)(?:,(-?\d+))?\)")
_SMALL = ("1", "2", "3", "4", "0", "5", "6")
_TEXTS = ("a", "b", "A", "", "aa", "b ", "ab", "é")
_DAYS = ("2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31", "2023-12-31")
_MOMENTS = (
    "2024-03-31 00:00:00", "2024-03-31 23:59:59.999999", "2024-03-01 00:00:00",
    "2024-04-01 00:00:00", "2024-02-29 12:00:00",
    "2024-03-31 02:30:00", "2023-12-31 23:59:59",
)  # fmt: skip
_UUIDS = tuple(f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 6))
_POOLS: Mapping[str, Sequence[str]] = {
    "int2": (*_SMALL, "-1", "32767"), "int4": (*_SMALL, "-1", "2147483647"),
    "int8": (*_SMALL, "-1", "9223372036854775807"), "oid": _SMALL,
    "numeric": ("1", "2", "2.50", "2.5", "0", "-1", "3"), "float4": ("1", "2", "0.5", "0", "-1"),
    "float8": ("1", "2", "0.5", "0", "-1"), "money": ("1", "2", "0.50", "3"),
    "bool": ("true", "false"), "text": _TEXTS, "varchar": _TEXTS, "bpchar": ("a", "b", "A", "ab"), "name": _TEXTS,
    "citext": _TEXTS, "char": ("a", "b"), "bytea": ("\\x01", "\\x02", "\\x"),
    "date": _DAYS, "timestamp": _MOMENTS, "timestamptz": tuple(f"{moment}+00" for moment in _MOMENTS),
    "time": ("00:00", "12:00", "23:59:59"), "timetz": ("00:00+00", "12:00+00"),
    "interval": ("1 day", "24 hours", "1 month", "0"), "uuid": _UUIDS,
    "json": ('{"a": 1}', '{"a": 2}', "[]", "null"), "jsonb": ('{"a": 1}', '{"a": 2}', "[]", "null"),
    "inet": ("10.0.0.1", "10.0.0.2"), "cidr": ("10.0.0.0/8", "192.168.0.0/16"),
    "macaddr": ("08:00:2b:01:02:03", "08:00:2b:01:02:04"), "bit": ("1", "0"), "varbit": ("1", "0", "10"),
    "int4range": ("[1,3)", "[2,5)", "empty"), "int8range": ("[1,3)", "[2,5)"), "numrange": ("[1,3)", "[2,5)"),
    "daterange": ("[2024-01-01,2024-02-01)", "[2024-01-15,2024-03-01)"),
    "tsrange": ("[2024-01-01,2024-02-01)",), "tstzrange": ("[2024-01-01 00:00+00,2024-02-01 00:00+00)",),
    "point": ("(1,2)", "(0,0)"), "xml": ("<a/>", "<b/>"), "tsvector": ("'a':1", "'b':1"), "hstore": ("a=>1", "b=>2"),
}  # fmt: skip
"""By base type. Beyond them a value is taken from the statement's own literals."""


@dataclass(frozen=True)
class Values:
    """What values a database's types have; `literals` are those that the statement itself names."""

    enums: Mapping[str, Sequence[str]] = field(default_factory=dict)
    literals: tuple[str, ...] = ()

    def pool(self, column: Column) -> tuple[str, ...]:
        """Return the values a column may take; empty for a type that nothing is known of."""
        base = column.base_type
        if base.startswith("_"):
            element = self.of(base[1:], column.type)
            return tuple(
                array(list(part)) for part in (element[:1], element[:2], (), element[1:3], (*element[:1], *element[:1]))
            )
        return tuple(fitting(value, column) for value in self.of(base, column.type))

    def of(self, base: str, shown: str = "") -> tuple[str, ...]:
        """Return the values of a base type."""
        if labels := self.enums.get(base) or self.enums.get(shown):
            return tuple(labels)
        found = tuple(_POOLS.get(base, ()))
        return (*(value for value in self.literals if _may_be(value, base)), *found)

    def any_of(self, server: str) -> tuple[str | None, ...]:
        """Return the values of a type as the server names it (`regtype`)."""
        base = _BASES.get(server, server)
        if server.endswith("[]"):
            element = self.of(_BASES.get(server[:-2], server[:-2]))
            return tuple(array(list(element[: number + 1])) for number in range(3))
        return self.of(base, server) or (None,)


_BASES = {
    "integer": "int4", "bigint": "int8", "smallint": "int2", "character varying": "varchar", "boolean": "bool",
    "character": "bpchar", "double precision": "float8", "real": "float4", "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz", "time without time zone": "time", "time with time zone": "timetz",
    "bit varying": "varbit", '"char"': "char",
}  # fmt: skip


def fitting(value: str, column: Column) -> str:
    """Return a value cut to what the column holds: at its length, never over it."""
    match = _MODIFIER.search(column.type)
    if column.base_type in ("varchar", "bpchar") and match:
        length = int(match[1])
        return ("x" * length if value == "aa" and length < 40 else value)[:length]
    if column.base_type in ("bit", "varbit"):
        return value.ljust(int(match[1]), "0")[: int(match[1])] if match else value[:1]
    if column.base_type == "numeric" and match and int(match[1]) - int(match[2] or 0) < 1:
        return "0"
    return value


def over(column: Column) -> str | None:
    """Return a value that is just too much for a column, `None` where its type has no limit."""
    match = _MODIFIER.search(column.type)
    if column.base_type in ("varchar", "bpchar") and match:
        return "x" * (int(match[1]) + 1)
    if column.base_type == "numeric" and match:
        return "1" + "0" * int(match[1])
    return {"int2": "32768", "int4": "2147483648"}.get(column.base_type)


def array(values: Sequence[str | None]) -> str:
    """Return an array literal."""
    return "{" + ",".join("NULL" if value is None else _quoted(value) for value in values) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _may_be(value: str, base: str) -> bool:
    if base in ("text", "varchar", "bpchar", "citext", "name"):
        return True
    if base in ("int2", "int4", "int8", "numeric", "float4", "float8"):
        return bool(re.fullmatch(r"-?\d{1,4}", value))
    return base in ("date", "timestamp", "timestamptz") and bool(re.fullmatch(r"\d{4}-\d\d-\d\d([ T][\d:.+]+)?", value))


def unlike(base: str, number: int) -> str | None:
    """Return the number-th value of a type of which each is another, `None` when there are not so many."""
    if base in ("int2", "int4", "int8", "oid", "numeric", "float4", "float8", "money"):
        return str(number)
    if base in ("text", "varchar", "citext", "name"):
        return f"k{number}"
    if base == "bpchar":
        return chr(97 + number % 26)
    if base == "uuid":
        return f"00000000-0000-4000-8000-{number:012d}"
    if base == "date":
        return f"2024-01-{number % 28 + 1:02d}"
    if base in ("timestamp", "timestamptz"):
        return f"2024-01-{number % 28 + 1:02d} 12:00:00+00"
    return None


def chosen(generator: random.Random, pool: Sequence[str], null: float) -> str | None:
    """Return one value of the pool, or NULL as often as `null` says."""
    return None if not pool or generator.random() < null else generator.choice(pool)
