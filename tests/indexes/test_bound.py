"""No index is proposed whose next tuple may be too long: the server's own refusals say which."""

from __future__ import annotations

import psycopg
import pytest

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.indexes.candidates.value_length import too_long

TABLE = """
CREATE TABLE document (
    id int PRIMARY KEY, owner int NOT NULL, kind text, code varchar(20), wide varchar(4000), values text[], body text,
    raw bytea, data jsonb, at timestamptz, amount numeric, address inet, never text
);
INSERT INTO document SELECT i, i % 100, 'k' || i % 5, 'c' || i, 'w' || i, ARRAY['v' || i], repeat('lorem ', 10 + i % 300), 'x',
    jsonb_build_object('a', i), now(), i, '10.0.0.1', NULL FROM generate_series(1, 3000) AS i;
ANALYZE document
"""


@pytest.fixture
def table(connection: psycopg.Connection):
    for statement in TABLE.split(";\n"):
        connection.execute(statement)
    return read_schema(connection).tables["public", "document"], read_statistics(connection)


@pytest.mark.parametrize(
    ("keys", "include", "refused"),
    [
        ("owner", "id at amount address", None),
        ("owner", "kind code", None),
        ("owner", "wide", None),  # declared long, but no value is
        ("owner", "values", "values"),
        ("owner", "raw", "raw"),
        ("owner", "data", "data"),
        ("owner", "body", "body"),
        ("owner", "never", "never"),  # nothing is known of it
        ("kind", "", None),
        ("never", "", None),  # a key only must not be known to be long
        ("body", "", "body"),
        ("owner, body", "", "body"),
    ],
)
def test_payload_is_bounded_and_keys_are_not_known_to_be_long(table, keys: str, include: str, refused) -> None:
    found, statistics = table
    definition = IndexDefinition(
        "public", "document", tuple(IndexKey.of(key) for key in keys.split(", ")), tuple(include.split())
    )
    assert too_long(definition, found, statistics) == refused


@pytest.mark.parametrize("column", ["values", "body"])
def test_what_is_refused_would_have_failed_the_applications_insert(
    connection: psycopg.Connection, table, column: str
) -> None:
    connection.execute(f'CREATE INDEX ON document (owner) INCLUDE ("{column}")')
    text = "(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 400) AS i)"
    value = f"ARRAY[{text}]" if column == "values" else text
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        connection.execute(f'INSERT INTO document (id, owner, "{column}") SELECT 0, 1, {value}')
