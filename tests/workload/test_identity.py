"""A query's id is as fine as the server's own queryid: random pairs of statements, and each deviation that is listed."""

from __future__ import annotations

import random
from typing import NamedTuple

import psycopg

from advisor.workload.counting.identity import identify

PAIRS = 5_000
SEED = random.randrange(10**6)


class Statement(NamedTuple):
    """A statement, as it was put together."""

    kind: str
    schema: str
    table: str
    alias: str
    columns: str
    condition: str
    rest: str

    def text(self, chance: random.Random) -> str:
        """Return the statement with values of its own."""
        name, value = f"{self.schema}.{self.table}", chance.randint(1, 99)
        conditions = {
            "equal": f"id = {value}", "one": f"id IN ({value})", "any": f"id = ANY ('{{{value}}}')",
            "several": f"id IN ({', '.join(str(value + more) for more in range(chance.randint(2, 5)))})",
            "above": f"id > {value}",
        }  # fmt: skip
        condition = conditions[self.condition]
        if self.kind == "insert":
            rows = {"equal": 1, "one": 1, "any": 2, "several": 3, "above": 1}[self.condition]
            values = ", ".join(f"({value + more}, {value})" for more in range(rows))
            return f"INSERT INTO {name} (id, a) VALUES {values}"
        if self.kind == "update":
            return f"UPDATE {name} SET a = {chance.choice((str(value), 'NULL'))} WHERE {condition}"
        if self.kind == "delete":
            return f"DELETE FROM {name} WHERE {condition}"
        rest = {"": "", "limit": f" LIMIT {value}", "offset": f" LIMIT {value} OFFSET {value}"}[self.rest]
        return f"SELECT {self.columns} FROM {name} {self.alias} WHERE {condition}{rest}"

    @property
    def asked(self) -> tuple[str, ...]:
        """Return what is left of it when the listed deviations are taken away: docs/identity.md."""
        condition = {"one": "equal", "several": "equal"}.get(self.condition, self.condition)
        if self.kind == "insert":
            condition = {"several": "any", "above": "equal"}.get(self.condition, condition)
        read = self.kind == "select"
        name = self.alias or self.table if read else self.table
        return self.kind, name, self.columns if read else "", condition, self.rest if read else ""


def drawn(chance: random.Random) -> Statement:
    return Statement(
        chance.choice(("select", "select", "insert", "update", "delete")), chance.choice(("east", "west")),
        chance.choice(("log_202401", "log_202402")), chance.choice(("", "l")), chance.choice(("a, b", "b, a", "a")),
        chance.choice(("equal", "one", "several", "any", "above")), chance.choice(("", "limit", "offset")),
    )  # fmt: skip


def test_ids_are_equal_where_queryids_are(connection: psycopg.Connection) -> None:
    chance = random.Random(SEED)
    for schema in ("east", "west"):
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        for table in ("log_202401", "log_202402"):
            connection.execute(f"CREATE TABLE {schema}.{table} (id int, a int, b int)".encode())
    texts = [(one, one.text(chance)) for one in (drawn(chance) for _ in range(600))]
    known = []
    for one, text in texts:
        (plan,) = connection.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {text}".encode()).fetchone() or ([],)
        known.append((one, text, plan[0]["Query Identifier"], identify(text).id))
    for _ in range(PAIRS):
        (one, left, queryid, mine), (other, right, other_queryid, others) = chance.sample(known, 2)
        if (queryid == other_queryid) == (mine == others):
            continue
        assert one.asked == other.asked, f"seed {SEED}: {left} | {right}"


def test_lists_of_any_length_are_one_query() -> None:
    one, several, more = (identify(f"SELECT a FROM t WHERE id IN ({ids})").id for ids in ("1", "1, 2", "1, 2, 3"))
    assert one == several == more
    assert identify("SELECT a FROM t WHERE id IN ($1 /*, ... */)").id == several
    assert identify("SELECT a FROM t WHERE id = 1").id != one
    assert identify("UPDATE t SET a = NULL WHERE id = 1").id == identify("UPDATE t SET a = 5 WHERE id = 2").id
