"""Random systems: tables as applications have them, loaded for real from a seed.

Every table has a key and a time that follows it; the rest is drawn: tenants and foreign keys with skew, states with a
rare one, soft delete, sparse references, mixed-case mails, codes, words, columns that are written all the time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import psycopg

NAMES = [
    "account",
    "ticket",
    "shipment",
    "invoice",
    "note",
    "device",
    "visit",
    "asset",
    "parcel",
    "claim",
    "lesson",
    "ward",
]


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    """What it is to the statements: `reference`, `sparse`, `state`, `flag`, `deleted`, `time`, `hot`, `mail`…"""
    type: str
    value: str
    """SQL over `i`, the row's number from 1, evaluated per row."""


@dataclass(frozen=True)
class Table:
    name: str
    rows: int
    columns: tuple[Column, ...]
    parents: tuple[tuple[str, str], ...]
    """Column and the table it references."""
    indexes: tuple[str, ...]
    """Definitions of what exists already, beside the key."""

    def of(self, *kinds: str) -> list[Column]:
        return [column for column in self.columns if column.kind in kinds]


def draw_tables(chance: random.Random) -> tuple[Table, ...]:
    """Return a parent table and two to three tables that refer to it or to each other."""
    names = chance.sample(NAMES, chance.randint(3, 4))
    tables: list[Table] = []
    for place, name in enumerate(names):
        rows = chance.randint(5_000, 20_000) if place == 0 else chance.choice([40_000, 90_000, 160_000])
        tables.append(_table(chance, name, rows, tables))
    return tuple(tables)


def _table(chance: random.Random, name: str, rows: int, before: list[Table]) -> Table:
    columns, parents = [], []
    for parent in chance.sample(before, min(len(before), chance.randint(1, 2))):
        column = f"{parent.name}_id"
        skew = chance.choice([1.0, 1.5, 3.0])
        pick = f"1 + floor(power(random(), {skew}) * {parent.rows - 1})::int"
        sparse = chance.random() < 0.3
        columns.append(
            Column(
                column,
                "sparse" if sparse else "reference",
                "int",
                f"CASE WHEN random() < 0.04 THEN {pick} END" if sparse else pick,
            )
        )
        parents.append((column, parent.name))
    columns += _drawn(chance, rows)
    return Table(name, rows, tuple(columns), tuple(parents), _existing(chance, name, columns, parents))


def _drawn(chance: random.Random, rows: int) -> list[Column]:
    states = chance.sample(["new", "open", "done", "failed", "held", "sent"], 4)
    rare = chance.choice([0.001, 0.005, 0.02])
    state = f"CASE WHEN r < {rare} THEN '{states[0]}' WHEN r < 0.05 THEN '{states[1]}' WHEN r < 0.12 THEN '{states[2]}' ELSE '{states[3]}' END"
    step = chance.choice(["1 minute", "7 minutes", "1 hour"])
    pool = [
        Column("tenant", "tenant", "int", f"1 + floor(power(random(), 2) * {chance.choice([20, 200])})::int"),
        Column("state", "state", "text", state),
        Column(
            "kind",
            "kind",
            "smallint",
            f"(CASE WHEN r < 0.12 THEN 1 + random() * 3 ELSE 4 + random() * {chance.randint(3, 12)} END)::int",
        ),
        Column("active", "flag", "boolean", f"random() < {chance.choice([0.02, 0.5, 0.9])}"),
        Column(
            "deleted_at",
            "deleted",
            "timestamptz",
            f"CASE WHEN random() < {chance.choice([0.02, 0.3, 0.8])} THEN timestamptz '2025-01-01' END",
        ),
        Column("due_at", "due", "timestamptz", f"timestamptz '2024-01-01' + random() * {rows} * interval '{step}'"),
        Column("seen_at", "hot", "timestamptz", "timestamptz '2025-01-01' - random() * interval '90 days'"),
        Column("mail", "mail", "text", "'User' || i || '@Example.org'"),
        Column("code", "code", "text", "upper(substr(md5(i::text), 1, 10))"),
        Column("label", "word", "varchar(60)", "substr(md5((i % 5000)::text), 1, 6) || ' ' || i"),
        Column("amount", "amount", "numeric(12,2)", "round((power(random(), 4) * 5000)::numeric, 2)"),
        Column("body", "body", "text", f"repeat(md5(i::text), {chance.choice([1, 3, 8])})"),
    ]
    kept = [column for column in pool if column.kind in {"state", "hot", "body"} or chance.random() < 0.65]
    return [Column("created_at", "time", "timestamptz", f"timestamptz '2024-01-01' + i * interval '{step}'"), *kept]


def _existing(
    chance: random.Random, name: str, columns: list[Column], parents: list[tuple[str, str]]
) -> tuple[str, ...]:
    found = [f"CREATE INDEX {name}_{column}_ix ON {name} ({column})" for column, _ in parents if chance.random() < 0.35]
    if parents and chance.random() < 0.25:
        column = parents[0][0]
        found.append(f"CREATE INDEX {name}_{column}_more ON {name} ({column}, created_at)")
    if any(column.kind == "code" for column in columns) and chance.random() < 0.5:
        found.append(f"CREATE UNIQUE INDEX {name}_code_key ON {name} (code)")
    if chance.random() < 0.3:
        found.append(f"CREATE INDEX {name}_created ON {name} (created_at)")
    if chance.random() < 0.2:
        found.append(f"CREATE INDEX {name}_seen ON {name} (seen_at)")
    return tuple(found)


def load(connection: psycopg.Connection, tables: tuple[Table, ...], seed: int) -> None:
    """Make and fill the tables, then vacuum and analyse them."""
    connection.execute(f"SELECT setseed({seed % 1000 / 1000})".encode())
    for table in tables:
        columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
        keys = "".join(
            f", FOREIGN KEY ({column}) REFERENCES {parent} ON DELETE CASCADE" for column, parent in table.parents
        )
        connection.execute(
            f"CREATE TABLE {table.name} (id int PRIMARY KEY, {columns}{keys}) WITH (fillfactor = 90)".encode()
        )
        values = ", ".join(column.value for column in table.columns)
        source = f"(SELECT i, random() AS r FROM generate_series(1, {table.rows}) AS i) AS source"
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"INSERT INTO {table.name} SELECT i, {values} FROM {source}".encode())
        connection.execute("RESET session_replication_role")
        for index in table.indexes:
            connection.execute(index.encode())
    connection.execute("VACUUM (ANALYZE)")
