"""What is built into PostgreSQL is as the server says, and the choice among it is the server's."""

from __future__ import annotations

import psycopg
import pytest

from advisor.analysis.binding import resolution
from tests.analysis.builtins_from_server import FILE, content

TYPES = ("int2", "int4", "int8", "numeric", "float4", "float8", "text", "varchar", "bpchar", "date", "timestamp",
         "timestamptz", "interval", "bool", "uuid", "jsonb", "_text", "_int4", "inet", "tstzrange")  # fmt: skip
OPERATORS = ("=", "<", "+", "-", "*", "||", "@>", "&&", "~~", "->>", "<<")
FUNCTIONS = ("lower", "date_trunc('day', {})", "extract(year from {})", "length", "abs", "to_char({}, 'x')", "max", "sum",
             "array_length({}, 1)", "round", "age", "upper", "date", "min", "avg", "cardinality", "unnest")  # fmt: skip


def test_the_file_of_builtins_is_what_the_server_says(cases_connection: psycopg.Connection) -> None:
    assert FILE.read_text() == content(cases_connection)


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators_give_the_type_the_server_says(operator: str, cases_connection: psycopg.Connection) -> None:
    for left in TYPES:
        for right in (*TYPES, None):
            value = "NULL" if right is None else f"NULL::{right}"
            expected = type_of(cases_connection, f"NULL::{left} {operator} {value}")
            found = resolution.operator(operator, left, right)
            if found is not None and expected is not None and not found.result.startswith("any"):
                assert found.result == expected, (left, operator, right)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_give_the_type_the_server_says(function: str, cases_connection: psycopg.Connection) -> None:
    for kind in TYPES:
        text = function.format(f"NULL::{kind}") if "{" in function else f"{function}(NULL::{kind})"
        expected = type_of(cases_connection, text)
        name, _, rest = function.partition("(")
        before, _, after = rest.partition("{}")
        given = (*["unknown"] * bool(before), kind, *(["int4"] if "1" in after else ["unknown"] * ("'" in after)))
        found = resolution.function(name, given)
        if found is not None and expected is not None:
            assert resolution.result(found, given) == expected, text


def type_of(connection: psycopg.Connection, expression: str) -> str | None:
    """Return the type the server gives to an expression, `None` when it refuses it."""
    try:
        cursor = connection.execute(f"SELECT {expression} LIMIT 0".encode())
        oid = cursor.description[0].type_code if cursor.description else 0
        row = connection.execute("SELECT typname FROM pg_type WHERE oid = %s", (oid,)).fetchone()
    except psycopg.Error:
        return None
    return str(row[0]) if row else None
