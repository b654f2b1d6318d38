"""Bloated indexes are recognised by size alone; healthy ones are not accused."""

from __future__ import annotations

import psycopg

from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.indexes.sizes.bloat import bloated


def test_an_index_left_large_by_deletes_is_bloated_and_a_fresh_one_is_not(connection: psycopg.Connection) -> None:
    connection.execute(
        "CREATE TABLE t AS SELECT i AS id, i % 900 AS part, md5(i::text) AS name FROM generate_series(1, 60000) AS i"
    )
    connection.execute("CREATE INDEX hollow ON t (name)")
    connection.execute("DELETE FROM t WHERE id % 10 <> 0")
    connection.execute("CREATE INDEX fresh ON t (name, id)")
    connection.execute("CREATE INDEX small ON t (part)")
    connection.execute("VACUUM ANALYZE t")
    connection.execute("REINDEX INDEX small")
    found = bloated(read_schema(connection), read_statistics(connection), wasted=1_000_000)
    assert [one.index.name for one in found] == ["hollow"]
    before = found[0].index.size.bytes
    connection.execute("REINDEX INDEX hollow")
    row = connection.execute("SELECT pg_relation_size('hollow')").fetchone()
    assert row
    assert abs(found[0].wasted - (before - row[0])) < 0.1 * before


def test_nothing_is_said_about_a_table_that_was_never_analysed(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 60000) AS i")
    connection.execute("CREATE INDEX hollow ON t (id)")
    connection.execute("DELETE FROM t")
    assert bloated(read_schema(connection), read_statistics(connection), wasted=1000) == ()
