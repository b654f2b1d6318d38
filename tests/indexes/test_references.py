"""Columns that refer to another table's key hold few combinations: the size model knows it from schema and workload."""

from __future__ import annotations

import psycopg
import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.indexes.sizes.composite_references import references
from advisor.indexes.sizes.size import estimate_size

TABLES = """
CREATE TABLE supplies (part int, supplier int, price int, PRIMARY KEY (part, supplier));
INSERT INTO supplies SELECT part, 1 + (part * 31 + place * 250) % 1000, part % 97
  FROM generate_series(1, 5000) AS part, generate_series(0, 1) AS place;
SELECT setseed(0.2);
CREATE TABLE lines AS SELECT part, 1 + (part * 31 + place * 250) % 1000 AS supplier, quantity
  FROM (SELECT 1 + (random() * 4999)::int AS part, (random() * 1)::int AS place, (random() * 2)::int AS quantity
          FROM generate_series(1, 60000)) AS drawn;
"""
JOIN = "SELECT * FROM lines l JOIN supplies s ON s.part = l.part AND s.supplier = l.supplier WHERE s.price = 5"
PAIR = frozenset({"part", "supplier"})
PLACE = ("public", "lines")


@pytest.fixture
def supplied(connection: psycopg.Connection) -> psycopg.Connection:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute("ANALYZE")
    return connection


def found(connection: psycopg.Connection, *queries: str) -> dict[frozenset[str], float]:
    schema = read_schema(connection)
    shapes = [shape for query in queries if isinstance(shape := analyse(query, schema), QueryShape)]
    return dict(references(shapes, schema, read_statistics(connection)).get(PLACE, {}))


def test_a_join_with_all_of_a_key_tells_of_the_combinations(supplied: psycopg.Connection) -> None:
    assert found(supplied, JOIN) == {PAIR: 10_000}


def test_a_declared_foreign_key_tells_without_any_query(supplied: psycopg.Connection) -> None:
    supplied.execute("ALTER TABLE lines ADD FOREIGN KEY (part, supplier) REFERENCES supplies")
    assert found(supplied) == {PAIR: 10_000}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM lines l JOIN supplies s ON s.part = l.part",
        "SELECT * FROM lines l JOIN supplies s ON s.part = l.part AND s.price = l.supplier",
        "SELECT * FROM lines l JOIN supplies s ON s.part = l.part AND s.supplier > l.supplier",
        "SELECT * FROM lines WHERE part = 4 AND supplier = 5",
    ],
    ids=["one column", "no key", "no equality", "no join"],
)
def test_nothing_is_known_from(supplied: psycopg.Connection, query: str) -> None:
    assert found(supplied, query) == {}


@pytest.mark.parametrize("keys", [("part", "supplier"), ("supplier", "part"), ("part", "supplier", "quantity")])
def test_the_size_of_such_an_index_is_that_of_a_real_build(supplied: psycopg.Connection, keys: tuple[str, ...]) -> None:
    schema, statistics = read_schema(supplied), read_statistics(supplied)
    definition = IndexDefinition(*PLACE, tuple(map(IndexKey.of, keys)))
    together = found(supplied, JOIN)
    blind, known = (
        estimate_size(definition, schema.tables[PLACE], statistics, schema.major, together=combinations).bytes
        for combinations in (None, together)
    )
    supplied.execute(definition.ddl("measured").encode())
    row = supplied.execute("SELECT pg_relation_size('measured')").fetchone()
    assert row
    assert abs(known / row[0] - 1) <= 0.25
    assert blind > 1.3 * row[0]
