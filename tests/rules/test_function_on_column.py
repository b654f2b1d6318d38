"""A range stands for a stretch of time, never for what comes again each day, week or year; prefixes need their class."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.live.introspect import read_schema
from advisor.catalog.statistics import RelationStatistics, Statistics
from advisor.rewrites.rewrite import Rewrite
from advisor.rules.finding import Finding
from advisor.rules.run import RuleContext, find
from advisor.workload.model import Query, Workload

TABLES = 'CREATE TABLE visits (id int PRIMARY KEY, email text, "at" timestamp, seen timestamptz, code varchar(8));'


def finding(connection: psycopg.Connection[Any], condition: str) -> Finding:
    connection.execute(TABLES.encode())
    schema = read_schema(connection)
    text = f"SELECT id FROM visits WHERE {condition}"
    shape = analyse(text, schema)
    assert isinstance(shape, QueryShape)
    statistics = Statistics(relations={("public", "visits"): RelationStatistics(1e6, 20_000)})
    query = Query("q", "q", text, 5000, 50_000.0, 10.0)
    return find(RuleContext(Workload((query,)), {"q": shape}, schema, statistics), ["SQL003"])[0]


@pytest.mark.parametrize(
    "condition",
    ['"at"::date = $1', "date(seen) = $1", "date_trunc('month', \"at\") = $1", "extract(year FROM \"at\") = 2024",
     "to_char(\"at\", 'YYYY-MM') = '2024-05'"],
)  # fmt: skip
def test_a_day_a_month_or_a_year_is_a_range(connection: psycopg.Connection[Any], condition: str) -> None:
    assert "with a range" in finding(connection, condition).fix


@pytest.mark.parametrize(
    "condition",
    ["extract(hour FROM \"at\") = 9", "date_part('dow', \"at\") = 1", "to_char(\"at\", 'MM-DD') = '12-24'",
     "extract(month FROM \"at\") = 5", "to_char(\"at\", 'HH24') = '09'"],
)  # fmt: skip
def test_what_comes_again_is_no_range(connection: psycopg.Connection[Any], condition: str) -> None:
    found = finding(connection, condition)
    assert "range" not in found.fix and not found.offers


@pytest.mark.parametrize(
    ("condition", "kind"), [("lower(email) LIKE 'a%'", "text_pattern_ops"), ("lower(email) = 'a'", None)]
)
def test_the_index_for_a_prefix_has_its_pattern_class_and_serves_it(
    connection: psycopg.Connection[Any], condition: str, kind: str | None
) -> None:
    fix = finding(connection, condition).fix
    assert (kind in fix) if kind else ("pattern_ops" not in fix)
    definition = fix.partition("CONCURRENTLY ")[2].partition(";")[0]
    connection.execute(f"CREATE INDEX {definition}".encode())
    connection.execute("SET enable_seqscan = off")
    plan = connection.execute(f"EXPLAIN SELECT id FROM visits WHERE {condition}".encode()).fetchall()
    assert any("Index Cond" in line for (line,) in plan), plan


def test_a_day_of_a_timestamp_is_offered_as_a_range_of_the_column(connection: psycopg.Connection[Any]) -> None:
    (offer,) = finding(connection, '"at"::date = $1').offers
    assert isinstance(offer.rewrite, Rewrite)
    assert "at >= $1::date" in offer.rewrite.text.replace('"', "")
