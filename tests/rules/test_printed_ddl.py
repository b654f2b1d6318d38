"""Every statement on an index that a finding prints is run as it stands, on tables made to be difficult."""

from __future__ import annotations

import re
from dataclasses import replace

import psycopg
import pytest

from advisor.catalog.live.introspect import read_schema
from advisor.catalog.schema import Schema, Table
from advisor.indexes.replacing.redundancy import disposable
from advisor.indexes.replacing.superfluous import superfluous
from advisor.rules.idx.unindexed_foreign_key import UnindexedForeignKey
from advisor.rules.index_statements import create_index, drop_index, rebuild_index

GIVEN = """
CREATE EXTENSION btree_gist;
CREATE TABLE "Order" ("Id" bigint PRIMARY KEY, "userId" bigint, at date, during int4range,
  CONSTRAINT "not:both" EXCLUDE USING gist ("userId" WITH =, during WITH &&));
CREATE INDEX "Ix one" ON "Order" (at);
CREATE INDEX "Ix two" ON "Order" (at, "userId");
CREATE TABLE logs (id bigint, at date, "select" bigint REFERENCES "Order") PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY RANGE (at);
CREATE TABLE logs_1a PARTITION OF logs_1 DEFAULT;
CREATE TABLE logs_rest PARTITION OF logs DEFAULT;
CREATE INDEX ix_logs_at ON logs (at);
CREATE INDEX ix_logs_at_id ON logs (at, id);
CREATE INDEX ix_own ON logs_rest (at);
CREATE MATERIALIZED VIEW mat AS SELECT 1 AS one;
CREATE INDEX ix_mat ON mat (one);
"""


@pytest.fixture
def schema(connection: psycopg.Connection) -> Schema:
    connection.execute(GIVEN)
    return read_schema(connection)


def test_what_is_called_superfluous_can_be_dropped_as_printed(connection: psycopg.Connection, schema: Schema) -> None:
    dropped = set()
    for table in schema.tables.values():
        for index, _ in superfluous(table.indexes):
            connection.execute(drop_index(table, index).encode())
            dropped.add(index.name)
    assert dropped == {"Ix one", "ix_logs_at", "ix_own"}


def test_a_partitions_part_of_an_index_is_no_index_that_can_go(schema: Schema) -> None:
    of_parts = [index for index in schema.tables["public", "logs_1"].indexes if "at" in index.name]
    assert of_parts and all(index.attached and not disposable(index) for index in of_parts)
    own = next(index for index in schema.tables["public", "logs_rest"].indexes if index.name == "ix_own")
    assert not own.attached and disposable(own)


def test_every_index_can_be_rebuilt_as_printed(connection: psycopg.Connection, schema: Schema) -> None:
    for table in schema.tables.values():
        for index in table.indexes:
            if not index.partitioned:
                connection.execute(rebuild_index(table, index).encode())


def test_an_index_for_a_foreign_key_is_made_as_printed(connection: psycopg.Connection, schema: Schema) -> None:
    for name in ("Order", "logs", "logs_1", "logs_rest"):
        table = schema.tables["public", name]
        for body in ('("userId")' if name == "Order" else '("select")', "USING btree (at DESC)"):
            connection.execute(create_index(table, body).encode())
    assert '("select")' in _fix_of_foreign_key(schema.tables["public", "logs"])


def _fix_of_foreign_key(table: Table) -> str:
    from advisor.rules.context import RuleContext

    context = RuleContext.__new__(RuleContext)
    for name, value in {"proposals": (), "statistics": _NoStatistics()}.items():
        object.__setattr__(context, name, value)
    constraint = next(one for one in table.constraints if one.kind == "foreign")
    return UnindexedForeignKey()._finding(table, constraint, ["q1"], context).fix


class _NoStatistics:
    def rows(self, *_: str) -> float:
        return 0.0


def test_words_of_warning_are_comments(schema: Schema) -> None:
    logs = schema.tables["public", "logs"]
    statements = [create_index(logs, "(id)"), *(drop_index(logs, index) for index in logs.indexes)]
    assert all(re.search(r" -- \w", statement) and "CONCURRENTLY" not in statement for statement in statements)
    plain = replace(logs, kind="table")
    assert create_index(plain, "(id)") == "CREATE INDEX CONCURRENTLY ON public.logs (id)"
