"""Random schemas and rows: nothing of it is shared with the prover that the statements were proven by."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

TABLES = ["keys", "Bills", "order", "users", "messages", "user", "line_items", "select", "rows", "found", "T", "logs"]
NAMES = [
    "user_id",
    "petId",
    "order",
    "name",
    "status",
    "n",
    "created_at",
    "key",
    "price",
    "code",
    "place",
    "round",
    "flag",
    "at",
]
TYPES = {
    "bigint": ["1", "2", "3", "5", "8", "-4", "77"], "integer": ["1", "2", "3", "5", "8", "-4", "77"],
    "smallint": ["1", "2", "3", "5"], "text": ["x", "y", "X", "", "z z", "ü", "yy"],
    "varchar(4)": ["x", "y", "abcd", "", "zz"], "char(3)": ["x", "y", "abc"],
    "numeric(5,2)": ["1", "1.00", "2.5", "999.99", "0"], "numeric": ["1", "1.0", "2.5", "3"],
    "timestamp": ["2024-02-29 00:00", "2024-02-29 23:59:59", "2024-03-01 00:00", "2023-12-31 10:00"],
    "timestamptz": ["2024-02-29 00:00+00", "2024-03-01 00:00+02", "2024-02-29 22:00+00"], "date": ["2024-02-29", "2024-03-01"],
    "boolean": ["t", "f"], "uuid": [f"11111111-0000-4000-8000-00000000000{n}" for n in range(1, 6)],
    "text[]": ["{}", "{x,y}", "{x,NULL}", "{x,x}"], "jsonb": ['{"a":1}', "[]", '{"b":null}'], "json": ['{"a":1}', "[]"],
    "mood": ["low", "high", "Mid"],
}  # fmt: skip
PLAIN = [kind for kind in TYPES if kind not in ("text[]", "jsonb", "json")]
"""Types that can be compared and sorted."""


def q(name: str) -> str:
    return (
        name
        if name.islower() and name.isidentifier() and name not in ("order", "user", "select", "key", "at")
        else f'"{name}"'
    )


@dataclass
class Column:
    name: str
    kind: str
    null: bool

    @property
    def sql(self) -> str:
        return q(self.name)


@dataclass
class Table:
    name: str
    columns: list[Column]
    key: list[str]
    """Primary key, or empty."""
    references: dict[str, Table] = field(default_factory=dict)
    unique: str | None = None
    partial: bool = False

    @property
    def sql(self) -> str:
        return q(self.name)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def ddl(self) -> str:
        parts = [f"{c.sql} {c.kind}{'' if c.null else ' NOT NULL'}" for c in self.columns]
        if self.key:
            parts.append(f"PRIMARY KEY ({', '.join(q(name) for name in self.key)})")
        parts += [f"FOREIGN KEY ({q(name)}) REFERENCES {table.sql}" for name, table in self.references.items()]
        text = f"CREATE TABLE {self.sql} ({', '.join(parts)});\n"
        if self.unique:
            where = f" WHERE {q(self.unique)} IS NOT NULL AND {self.columns[-1].sql} IS NULL" if self.partial else ""
            text += f"CREATE UNIQUE INDEX ON {self.sql} ({q(self.unique)}){where};\n"
        return text


def schema(rng: random.Random) -> list[Table]:
    tables: list[Table] = []
    for name in rng.sample(TABLES, 3):
        columns = [Column("id", rng.choice(["bigint", "integer", "uuid", "text"]), False)]
        kinds = rng.choices(list(TYPES), k=rng.randint(3, 6))
        columns += [
            Column(n, kind, rng.random() < 0.6) for n, kind in zip(rng.sample(NAMES, len(kinds)), kinds, strict=True)
        ]
        key = rng.choice([["id"], ["id"], ["id"], ["id", columns[1].name], []])
        if len(key) == 2 and columns[1].kind not in PLAIN:
            key = ["id"]
        if len(key) == 2:
            columns[1].null = False
        table = Table(name, columns, key)
        taken = {column.name for column in columns}
        parents = [other for other in tables if other.key == ["id"] and f"{other.name.lower()}_id" not in taken]
        if parents and rng.random() < 0.8:
            parent = rng.choice(parents)
            column = Column(f"{parent.name.lower()}_id", parent.column("id").kind, rng.random() < 0.6)
            table.columns.append(column)
            if rng.random() < 0.7:
                table.references[column.name] = parent
        if rng.random() < 0.3:
            table.columns.append(Column("manager_id", columns[0].kind, True))
        if rng.random() < 0.4:
            choices = [column for column in table.columns[1:] if column.kind in ("text", "bigint", "integer", "uuid")]
            if choices:
                table.unique, table.partial = rng.choice(choices).name, rng.random() < 0.3
        tables.append(table)
    return tables


def ddl(tables: list[Table]) -> str:
    return "CREATE TYPE mood AS ENUM ('low', 'Mid', 'high');\n" + "".join(table.ddl() for table in tables)


def rows(table: Table, rng: random.Random, made: dict[str, list[dict[str, str | None]]]) -> list[dict[str, str | None]]:
    found = []
    null = rng.choice([0.0, 0.2, 0.2, 0.5])
    for number in range(rng.choice([0, 1, 30, 45, 60])):
        row: dict[str, str | None] = {}
        for column in table.columns:
            row[column.name] = None if column.null and rng.random() < null else value(column, rng)
        if table.key == ["id"]:
            kind = table.columns[0].kind
            row["id"] = f"22222222-0000-4000-8000-{number:012d}" if kind == "uuid" else f"{number + 1}"
        for name, parent in table.references.items():
            its = [other["id"] for other in made[parent.name]]
            row[name] = None if table.column(name).null and rng.random() < 0.2 else rng.choice(its) if its else None
        found.append(row)
    return found


def value(column: Column, rng: random.Random) -> str:
    return rng.choice(TYPES[column.kind])


def too_much(column: Column) -> str | None:
    return {"varchar(4)": "abcde", "char(3)": "abcd", "numeric(5,2)": "1000"}.get(column.kind)
