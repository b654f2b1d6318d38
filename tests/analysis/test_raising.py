"""Which expressions can end in an error: what is called safe is safe on a real server, row after row."""

from __future__ import annotations

import psycopg
import pytest

from advisor.analysis.raising import can_raise

TYPES = {
    "a": "int4",
    "b": "int8",
    "n": "numeric",
    "f": "float8",
    "s": "text",
    "d": "jsonb",
    "t": "timestamptz",
    "y": "date",
}

SAFE = [
    "lower(s)", "(a)::bigint", "(a)::numeric / 2", "b % 7", "coalesce(a, 0)", "(d ->> 'k')", "(d -> 'k')", "s || 'x'",
    "date_trunc('day', t AT TIME ZONE 'UTC')", "(y)::timestamp", "length(s)", "(a)::text", "NOT (a > 3)",
]  # fmt: skip
RAISING = {
    "n / a": "a division", "(a)::numeric / (b)::numeric": "a division", "a % b": "a division", "a / 0": "a division",
    "((d ->> 'qty'))::integer": "a cast to int4", "(s)::date": "a cast to date", "(b)::int": "a cast to int4",
    "(s)::varchar(3)::int": "a cast to int4", "mine(s)": "the function mine", "sqrt(f)": "the function sqrt",
    "ln(n)": "the function ln", "((d ->> 'id'))::uuid": "a cast to uuid",
}  # fmt: skip


@pytest.mark.parametrize("expression", SAFE)
def test_what_is_called_safe_raises_on_no_row(connection: psycopg.Connection, expression: str) -> None:
    assert can_raise(expression, TYPES) is None
    connection.execute("CREATE TABLE r (a int, b bigint, n numeric, f float8, s text, d jsonb, t timestamptz, y date)")
    connection.execute(
        "INSERT INTO r SELECT a, a::bigint * 3000000000, a, a, s, d::jsonb, '2024-01-01', '2024-01-01' FROM"
        " unnest(ARRAY[0, -1, 7, 2147483647, -2147483648, NULL]) AS a, unnest(ARRAY['', 'x', 'n/a', NULL]) AS s,"
        """ unnest(ARRAY['{}', '[]', '1', 'null', '{"k": "n/a"}', NULL]) AS d"""
    )
    connection.execute(f"SELECT {expression} FROM r")


@pytest.mark.parametrize("expression", RAISING)
def test_what_can_raise_is_named(expression: str) -> None:
    assert can_raise(expression, TYPES) == RAISING[expression]
