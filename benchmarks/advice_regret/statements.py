"""Random workloads: what applications ask of such tables, each statement with its calls and the values of real rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from benchmarks.advice_regret.system import Column, Table

VALUES = 4
"""Sets of values a statement is run with."""


@dataclass(frozen=True)
class Statement:
    text: str
    """With `%(name)s` for values that the application binds."""
    values: tuple[dict[str, Any], ...]
    calls: int
    writes: bool = False


def draw_statements(
    chance: random.Random, tables: tuple[Table, ...], connection: psycopg.Connection
) -> list[Statement]:
    """Return about forty statements over the tables, some of them writes."""
    made: dict[str, Statement] = {}
    for _ in range(400):
        if len(made) >= 36:
            break
        table = chance.choice(tables)
        for text in chance.choice(READS)(chance, table, tables):
            calls = int(chance.choice([5, 10, 30, 100]))
            made.setdefault(text, Statement(text, _values(chance, table, connection), calls))
    for table in tables:
        for text, calls in _writes(chance, table):
            made[text] = Statement(text, _values(chance, table, connection), calls, writes=True)
    return list(made.values())


def _values(chance: random.Random, table: Table, connection: psycopg.Connection) -> tuple[dict[str, Any], ...]:
    """Return values as rows of the table hold them, NULLs replaced by another row's."""
    ids = [chance.randint(1, table.rows) for _ in range(VALUES)]
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(f"SELECT * FROM {table.name} WHERE id = ANY(%s) ORDER BY id".encode(), (ids,)).fetchall()
        for column in table.columns:
            query = f"SELECT {column.name} AS it FROM {table.name} WHERE {column.name} IS NOT NULL ORDER BY id LIMIT 1"
            some = cursor.execute(query.encode()).fetchone()
            for row in rows:
                if row[column.name] is None and some:
                    row[column.name] = some["it"]
    for row in rows:
        row["prefix"] = str(row.get("label", "ab"))[:3] + "%"
    return tuple(rows)


def _columns(chance: random.Random, table: Table) -> str:
    """Return what a statement selects: everything, or a few columns."""
    if chance.random() < 0.3:
        return "*"
    names = [column.name for column in table.columns]
    return ", ".join(["id", *sorted(chance.sample(names, min(len(names), chance.randint(1, 4))))])


def _pick(chance: random.Random, table: Table, *kinds: str) -> Column | None:
    found = table.of(*kinds)
    return chance.choice(found) if found else None


def _alive(chance: random.Random, table: Table) -> str:
    return " AND deleted_at IS NULL" if table.of("deleted") and chance.random() < 0.6 else ""


Template = Callable[[random.Random, Table, tuple[Table, ...]], Iterator[str]]


def newest(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    if by := _pick(chance, table, "reference", "tenant"):
        order = chance.choice(["created_at DESC", "created_at", "seen_at DESC"])
        yield f"SELECT {_columns(chance, table)} FROM {table.name} WHERE {by.name} = %({by.name})s{_alive(chance, table)} ORDER BY {order} LIMIT {chance.choice([1, 10, 50])}"


def looked_up(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    if by := _pick(chance, table, "reference", "sparse", "code", "mail"):
        yield f"SELECT {_columns(chance, table)} FROM {table.name} WHERE {by.name} = %({by.name})s{_alive(chance, table)}"


def by_key(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    yield f"SELECT {_columns(chance, table)} FROM {table.name} WHERE id = %(id)s"


def in_lower_case(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    if table.of("mail"):
        yield f"SELECT {_columns(chance, table)} FROM {table.name} WHERE lower(mail) = lower(%(mail)s)"


def queue(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    state = table.of("state")[0].value.split("'")[chance.choice([1, 3])]
    order = "due_at" if table.of("due") and chance.random() < 0.5 else "created_at"
    own = "tenant = %(tenant)s AND " if table.of("tenant") and chance.random() < 0.5 else ""
    yield f"SELECT {_columns(chance, table)} FROM {table.name} WHERE {own}state = '{state}'{_alive(chance, table)} ORDER BY {order} LIMIT {chance.choice([5, 25])}"


def some_states(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    states = table.of("state")[0].value.split("'")
    if by := _pick(chance, table, "tenant", "reference"):
        yield f"SELECT {_columns(chance, table)} FROM {table.name} WHERE {by.name} = %({by.name})s AND state IN ('{states[1]}', '{states[3]}'){_alive(chance, table)} ORDER BY created_at LIMIT 25"


def not_done(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    usual = table.of("state")[0].value.split("'")[7]
    if by := _pick(chance, table, "reference", "code", "tenant"):
        yield f"SELECT id, state FROM {table.name} WHERE {by.name} = %({by.name})s AND state <> '{usual}'"


def recent(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    what = chance.choice(["count(*)", "max(seen_at)", "count(DISTINCT state)"])
    share = chance.choice([0.01, 0.05])
    yield f"SELECT {what} FROM {table.name} WHERE created_at >= %(created_at)s AND created_at < %(created_at)s::timestamptz + {int(table.rows * share)} * interval '1 minute'"


def grouped(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    by, over = _pick(chance, table, "tenant", "reference"), _pick(chance, table, "state", "kind")
    if by and over:
        yield f"SELECT {over.name}, count(*) FROM {table.name} WHERE {by.name} = %({by.name})s GROUP BY {over.name}"


def beginning(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    if table.of("word"):
        yield f"SELECT id, label FROM {table.name} WHERE label LIKE %(prefix)s ORDER BY label LIMIT 10"


def latest(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    if by := _pick(chance, table, "reference", "tenant"):
        yield f"SELECT max(created_at) FROM {table.name} WHERE {by.name} = %({by.name})s"


def joined(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    for column, name in table.parents:
        parent = next(other for other in tables if other.name == name)
        if chance.random() < 0.5 and parent.of("code", "mail"):
            by = _pick(chance, parent, "code", "mail")
            assert by
            yield f"SELECT c.id, c.created_at, p.id FROM {table.name} AS c JOIN {name} AS p ON p.id = c.{column} WHERE p.{by.name} = (SELECT {by.name} FROM {name} WHERE id = %({column})s)"
        else:
            yield f"SELECT p.id, count(c.id) FROM {name} AS p LEFT JOIN {table.name} AS c ON c.{column} = p.id WHERE p.id = %({column})s GROUP BY p.id"


def with_children(chance: random.Random, table: Table, tables: tuple[Table, ...]) -> Iterator[str]:
    for column, name in table.parents[:1]:
        state = table.of("state")[0].value.split("'")[1]
        yield f"SELECT p.id FROM {name} AS p WHERE EXISTS (SELECT 1 FROM {table.name} AS c WHERE c.{column} = p.id AND c.state = '{state}') ORDER BY p.id LIMIT 20"


READS: list[Template] = [
    newest, newest, looked_up, looked_up, by_key, in_lower_case, queue, queue, some_states, not_done, recent, grouped, beginning,
    latest, joined, with_children,
]  # fmt: skip


def _writes(chance: random.Random, table: Table) -> Iterator[tuple[str, int]]:
    names = [column.name for column in table.columns]
    values = ["'N' || %(new_id)s::text" if name in {"code", "mail"} else f"%({name})s" for name in names]
    insert = f"INSERT INTO {table.name} (id, {', '.join(names)}) VALUES (%(new_id)s, {', '.join(values)})"
    yield insert, chance.choice([20, 200])
    yield f"UPDATE {table.name} SET seen_at = now() WHERE id = %(id)s", chance.choice([50, 400])
    if table.of("state") and chance.random() < 0.5:
        yield f"UPDATE {table.name} SET state = %(state)s WHERE id = %(id)s", chance.choice([20, 100])
