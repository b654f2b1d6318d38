"""The size model is close to what CREATE INDEX really writes, on servers with and without deduplication's hurdles."""

from __future__ import annotations

import psycopg
import pytest

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.indexes.sizes.size import estimate_size

ROWS = 40_000
TABLE = f"""
SELECT setseed(0.1);
CREATE TABLE t AS
SELECT i AS id, (random() * 900)::int AS some, (power(random(), 3) * 20000)::int AS skewed, random() < 0.1 AS flag,
       CASE WHEN random() < 0.7 THEN NULL ELSE i END AS sparse, 'user' || i || '@example.org' AS email,
       (ARRAY['new', 'open', 'closed'])[1 + (random() * 2)::int] AS status, (random() * 1000)::numeric(9, 2) AS amount,
       timestamptz '2024-01-01' + i * interval '1 minute' AS created_at,
       ARRAY[(random() * 40)::int, (random() * 400)::int] AS tags
FROM generate_series(1, {ROWS}) AS i;
ANALYZE t;
"""
KEYS = [
    "id",
    "some",
    "skewed",
    "flag",
    "sparse",
    "email",
    "status",
    "amount",
    "status,created_at",
    "some,skewed",
    "sparse,flag",
]


@pytest.fixture
def table(connection: psycopg.Connection) -> psycopg.Connection:
    for statement in TABLE.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    return connection


def definitions() -> list[IndexDefinition]:
    made = [IndexDefinition("public", "t", tuple(map(IndexKey.of, keys.split(",")))) for keys in KEYS]
    one, two = IndexKey.of("some"), IndexKey.of("id")
    made += [IndexDefinition("public", "t", (one,), ("email",)), IndexDefinition("public", "t", (two,), where="flag")]
    made += [IndexDefinition("public", "t", (two,), where="status = 'new'")]
    made += [IndexDefinition("public", "t", (one,), method=method) for method in ("hash", "brin")]
    return [*made, IndexDefinition("public", "t", (IndexKey.of("tags"),), method="gin")]


def test_sizes_are_within_a_quarter_of_real_builds_and_mostly_within_a_twentieth(table: psycopg.Connection) -> None:
    schema, statistics = read_schema(table), read_statistics(table)
    errors = []
    for definition in definitions():
        model = estimate_size(definition, schema.tables["public", "t"], statistics, schema.major)
        table.execute(definition.ddl("measured").encode())
        found = table.execute(
            "SELECT pg_relation_size('measured'), reltuples FROM pg_class WHERE relname = 'measured'"
        ).fetchone()
        table.execute("DROP INDEX measured")
        assert found
        errors.append(abs(model.bytes / found[0] - 1))
        assert errors[-1] <= 0.25, (definition.body, model.bytes, found)
        if definition.method == "btree":
            assert model.tuples == pytest.approx(found[1], rel=0.15), definition.body
    assert sorted(errors)[len(errors) // 2] <= 0.05


def test_an_index_on_an_empty_table_is_its_metapage(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE t (id int)")
    schema, statistics = read_schema(connection), read_statistics(connection)
    size = estimate_size(definitions()[0], schema.tables["public", "t"], statistics, schema.major)
    assert (size.pages, size.height) == (1, 0)


def test_before_version_13_duplicates_are_stored_one_by_one(table: psycopg.Connection) -> None:
    schema, statistics = read_schema(table), read_statistics(table)
    status = next(d for d in definitions() if d.keys[0].column == "status")
    old = estimate_size(status, schema.tables["public", "t"], statistics, 12)
    new = estimate_size(status, schema.tables["public", "t"], statistics, 13)
    assert old.bytes > 2 * new.bytes
