"""The size model against real builds: over a hundred indexes of mixed types, NULL shares, duplicates and methods.

Run: `python -m benchmarks.size_model` from the project's root. Prints one line per index (model, real, error) and the
median and worst error; exit status 1 when the median exceeds 5 % or the worst 25 %.
"""

from __future__ import annotations

import statistics as averages
import sys
from collections.abc import Iterator
from dataclasses import replace

import psycopg

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.indexes.sizes.size import estimate_size
from advisor.twin.servers.server import Server, embedded_binaries

ROWS = 200_000
MEDIAN, WORST = 0.05, 0.25

TABLE = f"""
SELECT setseed(0.42);
CREATE TABLE t AS
SELECT i AS id,
       (i / 3)::int AS three,
       (random() * 20)::int AS tiny,
       (random() * 2000)::int AS some,
       (random() * 60000)::bigint AS many,
       (power(random(), 4) * 50000)::int AS skewed,
       (random() * 1e9)::bigint AS spread,
       (random() * 30000)::smallint AS small,
       random() < 0.1 AS flag,
       CASE WHEN random() < 0.9 THEN NULL ELSE (random() * 1000)::int END AS mostly_null,
       CASE WHEN random() < 0.4 THEN NULL ELSE i END AS partly_null,
       CASE WHEN random() < 0.3 THEN NULL ELSE 'name ' || (random() * 5000)::int END AS nullable_text,
       (ARRAY['new', 'open', 'waiting for customer', 'closed', 'archived'])[1 + (power(random(), 2) * 4.99)::int] AS status,
       'user' || i || '@example.org' AS email,
       substr(md5(i::text) || md5((i + 1)::text), 1, 5 + (random() * 45)::int) AS words,
       md5(i::text) AS hash,
       repeat(md5((i % 7000)::text), 3) AS long_text,
       gen_random_uuid() AS uuid,
       (random() * 10000)::numeric(12, 2) AS amount,
       (random() * 100)::int::numeric AS round_amount,
       random() AS real_number,
       timestamptz '2024-01-01' + i * interval '37 seconds' AS created_at,
       timestamptz '2024-01-01' + random() * interval '365 days' AS happened_at,
       date '2020-01-01' + (random() * 1500)::int AS day,
       (random() * 5)::int::char(1) AS letter,
       ('10.' || (random() * 255)::int || '.' || (random() * 255)::int || '.1')::inet AS address,
       ARRAY[(random() * 50)::int, (random() * 500)::int, (random() * 5000)::int] AS tags,
       jsonb_build_object('kind', (random() * 9)::int, 'level', (random() * 99)::int, 'who', 'user' || (random() * 3000)::int) AS attributes,
       to_tsvector('simple', 'w' || (random() * 900)::int || ' x' || (power(random(), 3) * 9000)::int || ' y' || (random() * 40)::int) AS document,
       int4range((random() * 1000)::int, 1000 + (random() * 1000)::int) AS span,
       point(random() * 100, random() * 100) AS place
FROM generate_series(1, {ROWS}) AS i;
CREATE TABLE wide AS SELECT i AS id, (i * 7919 % 50000) AS owner, md5(i::text) AS a, repeat('x', 400) AS filler
FROM generate_series(1, {ROWS // 4}) AS i;
VACUUM ANALYZE t;
VACUUM ANALYZE wide;
"""

SINGLE = [
    "id",
    "three",
    "tiny",
    "some",
    "many",
    "skewed",
    "spread",
    "small",
    "flag",
    "mostly_null",
    "partly_null",
    "nullable_text",
    "status",
    "email",
    "words",
    "hash",
    "long_text",
    "uuid",
    "amount",
    "round_amount",
    "real_number",
    "created_at",
    "happened_at",
    "day",
    "letter",
    "address",
]
COMPOSITE = """tiny,id status,created_at some,happened_at many,day flag,tiny tiny,status some,tiny three,tiny flag,some
many,three skewed,status status,day mostly_null,id partly_null,tiny nullable_text,tiny tiny,nullable_text words,tiny email,id
hash,status uuid,created_at amount,tiny small,tiny letter,flag,tiny tiny,some,status skewed,tiny,flag day,status,tiny
spread,some address,tiny long_text,tiny status,letter,flag,day some,day some,some2""".replace("some,some2", "").split()
INCLUDED = [
    "id:status",
    "three:amount",
    "tiny:email",
    "some:words,amount",
    "many:created_at",
    "skewed:status,flag",
    "status:id",
    "created_at:spread",
    "some:nullable_text",
    "tiny:mostly_null",
    "uuid:tiny",
    "day:uuid",
    "words:hash",
    "email:id,tiny",
]
PARTIAL = {
    "flag": ("id", "some", "created_at", "email", "tiny", "status,created_at"),
    "mostly_null IS NOT NULL": ("id", "mostly_null", "words", "some"),
    "status = 'archived'": ("created_at", "some", "tiny,id"),
    "status = 'new'": ("happened_at", "email"),
    "nullable_text IS NULL": ("id", "tiny", "day,tiny"),
    "NOT flag": ("three", "status"),
}
OTHER = (
    ("hash", "email", None), ("hash", "some", None), ("hash", "uuid", None), ("hash", "id", None), ("hash", "words", None),
    ("brin", "created_at", None), ("brin", "id", None), ("brin", "created_at,id", None),
    ("gist", "span", None), ("gist", "place", None), ("gist", "address", "inet_ops"),
    ("gin", "tags", None), ("gin", "attributes", None), ("gin", "attributes", "jsonb_path_ops"),
    ("gin", "document", None), ("gin", "email", "gin_trgm_ops"), ("gin", "words", "gin_trgm_ops"),
    ("gin", "nullable_text", "gin_trgm_ops"), ("gin", "hash", "gin_trgm_ops"),
)  # fmt: skip


def keys(names: str) -> tuple[IndexKey, ...]:
    return tuple(IndexKey.of(name) for name in names.split(","))


def definitions() -> Iterator[IndexDefinition]:
    for names in (*SINGLE, *COMPOSITE):
        yield IndexDefinition("public", "t", keys(names))
    for spec in INCLUDED:
        names, included = spec.split(":")
        yield IndexDefinition("public", "t", keys(names), tuple(included.split(",")))
    for where, columns in PARTIAL.items():
        for names in columns:
            yield IndexDefinition("public", "t", keys(names), where=where)
    for fill in ("50", "70", "100"):
        yield IndexDefinition("public", "t", keys("some,id"), storage=(("fillfactor", fill),))
    for names in ("id", "owner", "a", "owner,a"):
        yield IndexDefinition("public", "wide", keys(names))
    yield IndexDefinition("public", "t", (IndexKey('lower("email")', None),))
    yield IndexDefinition("public", "t", (IndexKey("date_trunc('day', \"happened_at\", 'UTC')", None),))
    for method, names, opclass in OTHER:
        yield IndexDefinition("public", "t", tuple(replace(key, opclass=opclass) for key in keys(names)), method=method)


def real_bytes(connection: psycopg.Connection, definition: IndexDefinition) -> int:
    """Return the bytes of the index, built for real and dropped again."""
    connection.execute(definition.ddl("measured"))
    row = connection.execute("SELECT pg_relation_size('measured')").fetchone()
    connection.execute("DROP INDEX measured")
    assert row
    return int(row[0])


def main() -> int:
    errors = []
    with Server(embedded_binaries(), {"maintenance_work_mem": "256MB"}) as server, server.connect() as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        for statement in TABLE.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        schema, statistics = read_schema(connection), read_statistics(connection)
        for definition in definitions():
            table = schema.tables[definition.schema, definition.table]
            model = estimate_size(definition, table, statistics, schema.major).bytes
            real = real_bytes(connection, definition)
            error = model / real - 1
            errors.append(abs(error))
            mark = "  <--" if abs(error) > WORST else ""
            print(f"{model:>11} {real:>11} {error:>+7.1%}  {definition.table} {definition.body}{mark}")
    median, worst = averages.median(errors), max(errors)
    print(f"{len(errors)} indexes: median error {median:.1%}, worst {worst:.1%} (bars: {MEDIAN:.0%}, {WORST:.0%})")
    return int(median > MEDIAN or worst > WORST)


if __name__ == "__main__":
    sys.exit(main())
