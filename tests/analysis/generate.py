"""Statements made by chance from a seed, all of which PostgreSQL accepts on the schema of the cases."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

TABLES: dict[str, dict[str, str]] = {
    "users": {
        "id": "int", "organisation_id": "int", "name": "text", "email": "text", "nick": "text", "active": "bool",
        "age": "int", "score": "num", "tags": "array", "settings": "jsonb", "born": "date", "created_at": "time",
    },
    "orders": {
        "id": "int", "user_id": "int", "kind": "text", "total": "num", "note": "text", "created_at": "time",
        "deleted_at": "time",
    },
    "items": {"id": "int", "order_id": "int", "sku": "text", "quantity": "int", "price": "num"},
    "events": {"id": "int", "at": "time", "user_id": "int", "kind": "text", "payload": "jsonb"},
    "nodes": {"id": "int", "parent_id": "int", "name": "text"},
    "active_users": {"id": "int", "email": "text", "name": "text", "created_at": "time"},
    "user_totals": {"user_id": "int", "name": "text", "orders": "int", "total": "num"},
    "open_order_items": {"id": "int", "order_id": "int", "sku": "text", "quantity": "int", "user_id": "int"},
    "shop.orders": {"id": "int", "shop_id": "int", "placed": "date"},
    '"Größe"': {'"Id"': "int", '"Ort name"': "text", '"höhe"': "num", '"select"': "bool"},
}  # fmt: skip
WRITABLE = ("users", "orders", "items", "events", "nodes", "shop.orders")
LITERALS: dict[str, tuple[str, ...]] = {
    "int": ("5", "17", "-3", "$1::int", "(2 + 3)", "1000000"),
    "num": ("1.5", "20", "0.0", "1e3", "-7.25"),
    "text": ("'x'", "'it''s'", "'größe'", "lower('Y')", "'100%'"),
    "bool": ("true", "false"),
    "date": ("'2025-01-01'", "date '2026-02-03'", "current_date"),
    "time": ("'2025-01-01'", "now()", "now() - interval '1 day'", "timestamptz '2026-01-01 00:00+00'"),
    "array": ("'{a,b}'", "ARRAY['a', 'b']"),
    "jsonb": ("""'{"a": 1}'""",),
}
ORDERED = ("int", "num", "text", "date", "time")


@dataclass
class Source:
    """A FROM item: its alias and the types of its columns."""

    alias: str
    columns: dict[str, str]


@dataclass
class Writer:
    """Writes statements; every choice comes from `chance`."""

    chance: random.Random
    aliases: int = 0
    outer: list[Source] = field(default_factory=list)

    def statement(self) -> str:
        """Return one statement."""
        kinds: list[Callable[[], str]] = [self.query] * 8 + [self.update, self.delete, self.insert, self.with_query]
        return self.chance.choice(kinds)()

    def alias(self) -> str:
        """Return a new alias."""
        self.aliases += 1
        return f"t{self.aliases}"

    def pick(self, sources: list[Source], *types: str) -> tuple[str, str]:
        """Return a qualified column of one of these types (any when none is given), and its type."""
        found = [(f"{source.alias}.{name}", kind) for source in sources for name, kind in source.columns.items()
                 if not types or kind in types]  # fmt: skip
        return self.chance.choice(found) if found else ("1", "int")

    def query(self, depth: int = 0) -> str:
        """Return a SELECT, perhaps a set operation."""
        if depth < 2 and self.chance.random() < 0.08:
            word = self.chance.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])
            return f"{self.single(depth, 'int')} {word} {self.single(depth, 'int')}"
        return self.single(depth)

    def single(self, depth: int, only: str | None = None) -> str:
        """Return a plain SELECT; `only` asks for one output column of that type."""
        sources, text = self.from_clause(depth)
        where = self.where(sources, depth)
        if only is not None:
            column, _ = self.pick(sources, only)
            return f"SELECT {column} FROM {text}{where}"
        form = self.chance.random()
        if form < 0.15:
            return self.grouped(sources, text, where)
        if form < 0.22:
            return f"SELECT count(*), max({self.pick(sources, *ORDERED)[0]}) FROM {text}{where}"
        if form < 0.28:
            column = self.pick(sources, *ORDERED)[0]
            return f"SELECT DISTINCT ON ({column}) * FROM {text}{where} ORDER BY {column}, {self.order(sources)}"
        if form < 0.34:
            window = f"row_number() OVER (PARTITION BY {self.pick(sources, 'int')[0]} ORDER BY {self.order(sources)})"
            return f"SELECT {self.pick(sources)[0]}, {window} FROM {text}{where}"
        shown = self.chance.choice(
            ["*", self.pick(sources)[0], f"{self.pick(sources)[0]}, {self.scalar(sources, depth)}"]
        )
        return f"SELECT {shown} FROM {text}{where}{self.tail(sources)}"

    def grouped(self, sources: list[Source], text: str, where: str) -> str:
        """Return a grouped SELECT."""
        first, second = self.pick(sources, *ORDERED)[0], self.pick(sources, *ORDERED)[0]
        having = self.chance.choice(["", " HAVING count(*) > 2", f" HAVING {first} IS NOT NULL"])
        return f"SELECT {first}, {second}, count(*) FROM {text}{where} GROUP BY {first}, {second}{having} ORDER BY 1"

    def scalar(self, sources: list[Source], depth: int) -> str:
        """Return an output expression."""
        forms = [f"coalesce({self.pick(sources, 'text')[0]}::text, '')", f"{self.pick(sources, 'int', 'num')[0]} + 1"]
        if depth < 2:
            table, columns = self.chance.choice(list(TABLES.items()))
            inner = Source(self.alias(), columns)
            link = f"{self.pick([inner], 'int')[0]} = {self.pick(sources, 'int')[0]}"
            forms.append(f"(SELECT max({self.pick([inner], 'int')[0]}) FROM {table} {inner.alias} WHERE {link})")
        return self.chance.choice(forms)

    def order(self, sources: list[Source]) -> str:
        """Return one ORDER BY item."""
        return self.pick(sources, *ORDERED)[0] + self.chance.choice(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])

    def tail(self, sources: list[Source]) -> str:
        """Return ORDER BY, LIMIT and OFFSET, or nothing."""
        text = ""
        if self.chance.random() < 0.5:
            text += " ORDER BY " + ", ".join(self.order(sources) for _ in range(self.chance.randint(1, 3)))
        if self.chance.random() < 0.4:
            text += self.chance.choice([" LIMIT 10", " LIMIT 5 OFFSET 20", " FETCH FIRST 3 ROWS ONLY"])
        return text

    def from_clause(self, depth: int) -> tuple[list[Source], str]:
        """Return one to four FROM items and their text."""
        first, text = self.item(depth)
        sources = [first]
        for _ in range(self.chance.choice([0, 0, 1, 1, 1, 2, 3])):
            source, shown = self.item(depth)
            on = f"{self.pick([source], 'int')[0]} = {self.pick(sources, 'int')[0]}"
            if self.chance.random() < 0.3:
                on += f" AND {self.condition([source], 2)}"
            word = self.chance.choice(["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
            on = on.split(" AND ")[0] if word == "FULL JOIN" else on
            text += f" {word} {shown} ON {on}"
            sources.append(source)
        return sources, text

    def item(self, depth: int) -> tuple[Source, str]:
        """Return a table or a subquery as FROM item."""
        name, columns = self.chance.choice(list(TABLES.items()))
        alias = self.alias()
        if depth < 2 and self.chance.random() < 0.2:
            inner = Source(self.alias(), columns)
            kept = dict(list(columns.items())[: self.chance.randint(2, 4)])
            limit = self.chance.choice(["", "", " LIMIT 50", " OFFSET 0"])
            where = self.where([inner], depth + 1)
            text = (
                f"(SELECT {', '.join(f'{inner.alias}.{one}' for one in kept)} FROM {name} {inner.alias}{where}{limit})"
            )
            return Source(alias, kept), f"{text} AS {alias}"
        return Source(alias, columns), f"{name} AS {alias}"

    def where(self, sources: list[Source], depth: int) -> str:
        """Return a WHERE clause, or nothing."""
        count = self.chance.choice([0, 1, 1, 2, 3])
        return " WHERE " + " AND ".join(self.condition(sources, depth) for _ in range(count)) if count else ""

    def condition(self, sources: list[Source], depth: int) -> str:
        """Return one condition."""
        chance = self.chance.random()
        if chance < 0.1 and depth < 3:
            parts = [self.condition(sources, depth + 1) for _ in range(self.chance.randint(2, 3))]
            return "(" + self.chance.choice([" OR ", " OR ", " AND "]).join(parts) + ")"
        if chance < 0.15:
            return f"NOT ({self.condition(sources, depth + 1)})" if depth < 3 else "true"
        if chance < 0.27 and depth < 2:
            return self.subquery_condition(sources, depth)
        column, kind = self.pick(sources)
        return self.comparison(column, kind, sources)

    def comparison(self, column: str, kind: str, sources: list[Source]) -> str:
        """Return a condition on one column."""
        value = self.chance.choice(LITERALS[kind])
        forms = [f"{column} IS NULL", f"{column} IS NOT NULL"]
        if kind in ORDERED:
            other = self.chance.choice(LITERALS[kind])
            operator = self.chance.choice(["=", "=", "<>", "<", ">=", ">"])
            forms += [f"{column} {operator} {value}", f"{value} {operator} {column}", f"{column} = {value}",
                      f"{column} IN ({value}, {other})", f"{column} BETWEEN {value} AND {other}",
                      f"{column} {operator} {self.pick(sources, kind)[0]}", f"{column} IS DISTINCT FROM {value}",
                      f"coalesce({column}, {value}) = {other}", f"{column} NOT IN ({value}, {other})"]  # fmt: skip
        if kind == "text":
            forms += [f"{column} LIKE 'ab%'", f"{column} ILIKE '%x%'", f"lower({column}) = 'q'", f"{column} ~ '^a'"]
        if kind == "bool":
            forms += [column, f"NOT {column}", f"{column} IS TRUE", f"{column} = {value}"]
        if kind == "time":
            forms += [f"{column}::date = '2025-01-01'", f"date_trunc('day', {column}) = {value}"]
        if kind == "array":
            forms += [f"{column} @> {value}", f"'a' = ANY ({column})", f"{column} && {value}"]
        if kind == "jsonb":
            forms += [
                f"{column} @> {value}",
                f"{column} ->> 'k' = 'v'",
                f"{column} ? 'a'",
                f"({column} -> 'n')::int > 3",
            ]
        return self.chance.choice(forms)

    def subquery_condition(self, sources: list[Source], depth: int) -> str:
        """Return EXISTS, IN or a comparison with a subquery."""
        name, columns = self.chance.choice(list(TABLES.items()))
        inner = Source(self.alias(), columns)
        outer = self.pick(sources, "int")[0]
        text = f"FROM {name} {inner.alias}"
        link = f"{self.pick([inner], 'int')[0]} = {outer}"
        more = f" AND {self.condition([inner], depth + 1)}"
        given = self.pick([inner], "int")[0]
        return self.chance.choice([
            f"EXISTS (SELECT 1 {text} WHERE {link}{more})", f"NOT EXISTS (SELECT 1 {text} WHERE {link})",
            f"{outer} IN (SELECT {given} {text} WHERE {self.condition([inner], depth + 1)})",
            f"{outer} NOT IN (SELECT {given} {text})", f"{outer} = (SELECT max({given}) {text} WHERE {link})",
            f"{outer} IN (SELECT {given} {text} GROUP BY {given} HAVING count(*) > 1)",
        ])  # fmt: skip

    def with_query(self) -> str:
        """Return a SELECT over WITH queries."""
        name, columns = self.chance.choice(list(TABLES.items()))
        inner = Source(self.alias(), columns)
        kept = dict(list(columns.items())[:3])
        body = f"SELECT {', '.join(f'{inner.alias}.{one}' for one in kept)} FROM {name} {inner.alias}"
        cte = Source(self.alias(), kept)
        other, text = self.item(1)
        hint = self.chance.choice(["", "", "MATERIALIZED ", "NOT MATERIALIZED "])
        link = f"{self.pick([cte], 'int')[0]} = {self.pick([other], 'int')[0]}"
        return (f"WITH {cte.alias} AS {hint}({body}{self.where([inner], 1)}) SELECT * FROM {cte.alias} JOIN {text} "
                f"ON {link}{self.where([cte, other], 1)}{self.tail([cte, other])}")  # fmt: skip

    def update(self) -> str:
        """Return an UPDATE."""
        name = self.chance.choice(WRITABLE)
        target = Source(self.alias(), TABLES[name])
        column = self.chance.choice([one for one, kind in target.columns.items() if kind == "int" and one != "id"])
        text = f"UPDATE {name} AS {target.alias} SET {column} = {target.alias}.{column} + 1"
        if self.chance.random() < 0.5:
            return text + self.where([target], 1)
        other, shown = self.item(1)
        link = f"{self.pick([other], 'int')[0]} = {self.pick([target], 'int')[0]}"
        return f"{text} FROM {shown} WHERE {link} AND {self.condition([target, other], 1)}"

    def delete(self) -> str:
        """Return a DELETE."""
        name = self.chance.choice(WRITABLE)
        target = Source(self.alias(), TABLES[name])
        returning = self.chance.choice(["", f" RETURNING {self.pick([target])[0]}"])
        return f"DELETE FROM {name} AS {target.alias}{self.where([target], 1)}{returning}"

    def insert(self) -> str:
        """Return an INSERT."""
        values = ", ".join(f"({self.chance.randint(1, 99)}, 'n')" for _ in range(self.chance.randint(1, 4)))
        return self.chance.choice([
            f"INSERT INTO nodes (id, name) VALUES {values} ON CONFLICT DO NOTHING",
            f"INSERT INTO nodes (id, name) SELECT s.a, 'x' FROM ({self.single(1, 'int')}) AS s (a)",
        ])  # fmt: skip


def statements(count: int, seed: int = 20250101) -> list[str]:
    """Return so many statements, the same for the same seed."""
    chance = random.Random(seed)
    return [Writer(chance).statement() for _ in range(count)]
