"""Slots are numbered as pg_stat_statements numbers its `$n`, and hold the values that were there."""

import psycopg
import pytest

from advisor.workload.counting.text_slots import normalised, slot_map

CASES = [
    ("SELECT * FROM t WHERE a = 5 AND b = 'it''s'", "SELECT * FROM t WHERE a = $1 AND b = $2", ["5", "it's"]),
    ("SELECT a FROM t WHERE a = -5 ORDER BY 1 LIMIT 10", "SELECT a FROM t WHERE a = $1 ORDER BY 1 LIMIT $2", ["-5", "10"]),
    ("SELECT a FROM t WHERE a IN (1, 2) AND b = 'x'", "SELECT a FROM t WHERE a IN ($1 /*, ... */) AND b = $2", ["1", "x"]),
    ("SELECT a - 5 FROM t WHERE c = true", "SELECT a - $1 FROM t WHERE c = $2", ["5", "true"]),
    ("SELECT 1 /* route='/a/1' */, E'a\\nb'", "SELECT $1 /* route='/a/1' */, $2", ["1", "a\nb"]),
    ("SELECT CAST(a AS varchar(3)) FROM t WHERE b = '1'", "SELECT CAST(a AS varchar(3)) FROM t WHERE b = $1", ["1"]),
    ("SELECT $$it's$$, t1.a2 FROM t t1", "SELECT $1, t1.a2 FROM t t1", ["it's"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown", "values"), CASES)
def test_literals_become_slots(text: str, shown: str, values: list[str]) -> None:
    slots = slot_map(text.encode())
    assert slots is not None
    assert normalised(text.encode(), slots).decode() == shown
    assert [group[0] for group in slots.values(text.encode(), None)] == values


def test_a_typed_literal_becomes_a_cast_that_still_parses() -> None:
    text = b"SELECT * FROM t WHERE d > date '2026-01-01' AND n = 3"
    slots = slot_map(text)
    assert slots is not None
    assert normalised(text, slots) == b"SELECT * FROM t WHERE d > $1::date AND n = $2"


def test_bound_values_come_before_literals() -> None:
    text = b"SELECT * FROM t WHERE a = 7 AND b = $2 AND c = $1"
    slots = slot_map(text)
    assert slots is not None
    assert slots.values(text, ("x", None)) == (("x",), (None,), ("7",))
    assert normalised(text, slots) == b"SELECT * FROM t WHERE a = $3 AND b = $2 AND c = $1"


def test_the_numbers_are_those_of_a_real_pg_stat_statements(connection: psycopg.Connection) -> None:
    connection.execute("CREATE EXTENSION pg_stat_statements")
    connection.execute("CREATE TABLE t (a int, b text, c boolean, d date, t1 int)")
    texts = [text for text, _, _ in CASES if "t1.a2" not in text and "/*" not in text]
    for text in texts:
        connection.execute(text.encode())
    seen = {row[0] for row in connection.execute("SELECT query FROM pg_stat_statements").fetchall()}
    for text in texts:
        slots = slot_map(text.encode())
        assert slots is not None
        assert normalised(text.encode(), slots).decode() in seen
