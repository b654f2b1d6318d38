"""A random shop: tables with rows, indexes, and statements that live on them; the same for the same seed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import psycopg

TABLES = ("customers", "products", "orders", "payments", "shipments", "tickets", "reviews", "invoices")
ARRIVED = ("placed_at", "created_at", "booked_at", "happened_at")
STATES = ("status", "state", "stage")
CODES = ("code", "sku", "ref")
COMMON, MIDDLE, RARE = "done", "open", "disputed"
"""Values of a state column with 95 %, 4.8 % and 0.2 % of the rows."""


@dataclass(frozen=True)
class Index:
    """One index and its definition behind `ON table`."""

    name: str
    table: str
    using: str
    """From the method on: `btree (a, b DESC) INCLUDE (c) WHERE …`."""
    unique: bool = False

    @property
    def ddl(self) -> str:
        """Return the statement that makes it."""
        return f"CREATE {'UNIQUE ' if self.unique else ''}INDEX {self.name} ON {self.table} USING {self.using}"


@dataclass(frozen=True)
class Statement:
    """A statement with `$n` and its values as SQL literals."""

    text: str
    values: tuple[str, ...]
    index: str | None
    """The index it lives on."""
    table: str
    kind: str

    @property
    def literal(self) -> str:
        """Return the statement with its values written out."""
        text = self.text
        for number in range(len(self.values), 0, -1):
            text = text.replace(f"${number}", self.values[number - 1])
        return text


@dataclass(frozen=True)
class Table:
    """A table of the shop; every one has `id`, and the columns named here."""

    name: str
    rows: int
    arrived: str
    state: str
    code: str
    parent: str | None
    """The table that `parent_id` points to."""

    @property
    def key(self) -> str:
        """Return the column that points to the parent."""
        return f"{(self.parent or 'x').removesuffix('s')}_id"


@dataclass(frozen=True)
class Shop:
    """All of it."""

    tables: tuple[Table, ...]
    indexes: tuple[Index, ...]
    statements: tuple[Statement, ...]
    ddl: tuple[str, ...] = field(default=())

    def table(self, name: str) -> Table:
        """Return a table by name."""
        return next(one for one in self.tables if one.name == name)


def make_shop(rng: random.Random, scale: float = 1.0) -> Shop:
    """Return a random shop of four tables; the last ones are the large ones."""
    names = rng.sample(TABLES, 4)
    tables: list[Table] = []
    for number, name in enumerate(names):
        rows = int(scale * rng.choice(((3_000, 5_000), (15_000, 30_000), (60_000, 90_000), (90_000, 120_000))[number]))
        parent = None if number == 0 else rng.choice(names[:number])
        tables.append(Table(name, rows, rng.choice(ARRIVED), rng.choice(STATES), rng.choice(CODES), parent))
    indexes: list[Index] = []
    statements: list[Statement] = []
    for table in tables:
        for index, found in _indexed(rng, table):
            indexes.append(index)
            statements += found
        statements += _keyed(rng, table, tables)
    return Shop(tuple(tables), tuple(indexes), tuple(statements), tuple(_ddl(tables, indexes)))


def load(connection: psycopg.Connection, shop: Shop, seed: int) -> None:
    """Make the shop and fill it, the rows the same for the same seed."""
    connection.execute("SELECT setseed(%s)", [seed % 1000 / 1000])
    for statement in shop.ddl:
        connection.execute(statement.encode())
    connection.execute("RESET SESSION AUTHORIZATION")
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")


def _ddl(tables: Sequence[Table], indexes: Sequence[Index]) -> list[str]:
    found = []
    for table in tables:
        parent = next((one for one in tables if one.name == table.parent), None)
        key = f"{table.key} bigint NOT NULL REFERENCES {table.parent}," if parent else ""
        found.append(
            f"CREATE TABLE {table.name} (id bigint PRIMARY KEY, {key} {table.state} text NOT NULL,"
            f" {table.arrived} timestamptz NOT NULL, {table.code} text NOT NULL, email text NOT NULL,"
            " number int NOT NULL, total numeric(10,2) NOT NULL, note text)"
        )
        value = f"(1 + floor(random() * {parent.rows}))::bigint," if parent else ""
        found.append(
            f"INSERT INTO {table.name} SELECT i, {value}"
            f" CASE WHEN i % 500 = 0 THEN '{RARE}' WHEN i % 20 = 0 THEN '{MIDDLE}' ELSE '{COMMON}' END,"
            f" '2025-01-01'::timestamptz + (i::float / {table.rows} * 600) * interval '1 day',"
            f" upper(md5(i::text)), 'Person' || i || '@example.org', ((i * 7919::bigint) % {table.rows})::int,"
            f" (random() * 1000)::numeric(10,2), repeat('n', (random() * 60)::int)"
            f" FROM (SELECT generate_series(1, {table.rows}) UNION ALL SELECT -5) AS s(i)"
        )
    return [*found, *(index.ddl for index in indexes)]


def _indexed(rng: random.Random, table: Table) -> list[tuple[Index, list[Statement]]]:
    """Return some indexes of a table, each with the statements that live on it."""
    name, at, state, code = table.name, table.arrived, table.state, table.code
    some = rng.randrange(1, table.rows)
    day = rng.randrange(100, 500)
    since = f"'{_day(day)}'"
    until = f"'{_day(day + 1)}'"

    def one(what: str, using: str, *found: tuple[str, tuple[str, ...], str]) -> tuple[Index, list[Statement]]:
        index = Index(f"ix_{name}_{what}", name, using)
        return index, [Statement(text, values, index.name, name, kind) for text, values, kind in found]

    every = [
        one("number", "btree (number)", (f"SELECT id, total FROM {name} WHERE number = $1", (str(some - 1),), "number")),
        one(
            "code",
            f"btree ({code})",
            (f"SELECT id FROM {name} WHERE {code} = $1", (f"'{_md5(some)}'",), "code"),
        ),
        one("mail", "btree (lower(email))",
            (f"SELECT id, email FROM {name} WHERE lower(email) = $1", (f"'person{some}@example.org'",), "mail")),
        one("at", f"btree ({at}) INCLUDE (total)",
            (f"SELECT sum(total) FROM {name} WHERE {at} >= $1 AND {at} < $2", (since, until), "range")),
        one("state", f"btree ({at}) WHERE {state} = '{RARE}'",
            (f"SELECT id, {at} FROM {name} WHERE {state} = '{RARE}' ORDER BY {at} DESC LIMIT 20", (), "partial")),
        one("rare", f"btree ({state})",
            (f"SELECT id, total FROM {name} WHERE {state} = $1", (f"'{RARE}'",), "rare")),
    ]  # fmt: skip
    chosen = rng.sample(every, rng.randrange(2, 5))
    if table.parent:
        parent = rng.randrange(1, 3_000)
        listed = (
            f"SELECT id, {at} FROM {name} WHERE {table.key} = $1 ORDER BY {at} DESC LIMIT 10",
            (str(parent),),
            "list",
        )
        joined = (
            f"SELECT p.email, sum(c.total) FROM {table.parent} p JOIN {name} c ON c.{table.key} = p.id"
            " WHERE p.id = $1 GROUP BY p.email",
            (str(parent + 1),),
            "join",
        )
        chosen.append(one("parent", f"btree ({table.key}, {at} DESC)", listed, joined))
    return chosen


def _keyed(rng: random.Random, table: Table, tables: Sequence[Table]) -> list[Statement]:
    """Return statements that live on the primary key."""
    name, some = table.name, rng.randrange(1, table.rows)
    index = f"{name}_pkey"
    found = [
        Statement(f"SELECT total, note FROM {name} WHERE id = $1", (str(some),), index, name, "key"),
        Statement(f"UPDATE {name} SET note = 'x' WHERE id = $1", (str(some),), index, name, "update"),
    ]
    if not any(one.parent == name and one.rows for one in tables):
        return found
    return [*found, Statement(f"DELETE FROM {name} WHERE id = $1", ("-5",), index, name, "delete")]


def _day(number: int) -> str:
    month, day = divmod(number, 28)
    return f"{2025 + month // 12}-{month % 12 + 1:02}-{day + 1:02}"


def _md5(number: int) -> str:
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest().upper()


def rewritten(statement: Statement, text: str, values: tuple[str, ...] | None = None) -> Statement:
    """Return a statement changed by a merge."""
    return replace(statement, text=text, values=statement.values if values is None else values)
